package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DocumentedCalls.Member;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods that README and docs name exist, and take so many arguments. */
class DocsTest {

    /** Calls on what is not ours, or is the reader's own. */
    private static final Set<String> OTHERS =
            Set.of(("add forEach get getName length map orElse print println put substring"
                            + " configuration dataSource migrate" // Flyway
                            + " afterCompletion withDetail getConnection setAutoCommit super" // Spring
                            + " flush" // JPA
                            + " config getTag meterFilter namespace" // Micrometer
                            + " consistentRead s httpClientBuilder maxConcurrency overrideConfiguration" // AWS
                            + " age amount currency customerId customers dualwrite gauge insert openOrders")
                    .split(" "));

    private final PublicApi api = PublicApi.read();

    DocsTest() throws IOException {}

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(Path.of("../README.md")));
        try (Stream<Path> files = Files.list(Path.of("../docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages;
    }

    private List<Member> unknown(String page) {
        return DocumentedCalls.of(page).stream().filter(this::unknown).toList();
    }

    private boolean unknown(Member member) {
        String type = member.type();
        if (type == null ? OTHERS.contains(member.name()) : !api.hasType(type)) {
            return false;
        }
        return member.call()
                ? !api.hasMethod(type, member.name(), member.arguments())
                : type == null || !api.hasName(type, member.name());
    }

    @Test
    void whatThePagesCallExists() throws IOException {
        assertThat(pages()).hasSizeGreaterThan(8);
        for (Path page : pages()) {
            assertThat(unknown(Files.readString(page))).as("in %s", page).isEmpty();
        }
    }

    @Test
    void noOtherNameIsLetThroughThanThoseThatThePagesUse() throws IOException {
        Set<String> used = new HashSet<>();
        for (Path page : pages()) {
            DocumentedCalls.of(Files.readString(page)).forEach(member -> used.add(member.name()));
        }
        assertThat(used).containsAll(OTHERS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "`drain()`",
                "`customers.reconciler().drein(deadline)`",
                "`VerificationSettings.form(Money.class, money -> 1)`",
                "`DualWriteRepository.reed`",
                "`backfill().failures(0)`",
                "```java\ncustomers.saave(c);   // no such\n```",
                "```java\ncustomers.delete(\"a\", 2, 3);\n```",
            })
    void whatDoesNotExistIsFound(String page) {
        assertThat(unknown(page + "\n")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "`drain(…)`",
                "`customers.reconciler().drain(Duration.ofMinutes(5))`",
                "`DynamoDbStore.concurrency`",
                "`SELECT setval('no_method', 1)`",
                "```sql\nno_such(1)\n```",
                "```java\ncustomers.save(new Customer(1L, \"Ada, Countess\", List.of()));\n```",
                "```java\nrepository.verification(VerificationSettings.<String, Customer>builder().rowsPerSecond(5).build());\n```",
            })
    void whatExistsIsNot(String page) {
        assertThat(unknown(page + "\n")).isEmpty();
    }
}
