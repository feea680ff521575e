package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java in the README compiles against this version of the library. */
class ReadmeTest {

    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    /** What the snippets take for granted. */
    private static final String AROUND = String.join(
            "\n",
            "import io.github.dualwrite.*;",
            "import io.github.dualwrite.backfill.*;",
            "import io.github.dualwrite.dynamodb.*;",
            "import io.github.dualwrite.event.*;",
            "import io.github.dualwrite.metrics.*;",
            "import io.github.dualwrite.postgres.*;",
            "import io.github.dualwrite.reconcile.*;",
            "import io.github.dualwrite.routing.*;",
            "import io.github.dualwrite.verify.*;",
            "import java.math.BigDecimal;",
            "import java.time.*;",
            "import java.util.*;",
            "class Readme {",
            "    interface Orders { void insert(java.sql.Connection connection, Order order) throws java.sql.SQLException; }",
            "    record Order(long customerId) {}",
            "    record Customer(Long id) {}",
            "    static void snippet(%s javax.sql.DataSource dataSource,",
            "            software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient dynamoDb, Map<String, String> flags,",
            "            io.micrometer.observation.ObservationRegistry observationRegistry,",
            "            io.micrometer.core.instrument.MeterRegistry meterRegistry,",
            "            Orders orders, Order order) throws Exception {",
            "%s",
            "    }",
            "}");

    @TempDir
    private Path classes;

    @Test
    void everySnippetThatUsesTheLibraryCompiles() throws IOException {
        List<String> snippets = JAVA.matcher(Files.readString(Path.of("..", "..", "README.md")))
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
        assertThat(snippets).hasSizeGreaterThan(2);
        assertThat(snippets.get(0)).contains("retryQueue"); // the dual write that loses data: nobody's API

        assertThat(snippets.subList(1, snippets.size()))
                .allSatisfy(snippet -> assertThat(errors(snippet)).isEmpty());
    }

    @Test
    void aSnippetThatDoesNotCompileIsNoticed() {
        assertThat(errors("customers.noSuchMethod();")).contains("noSuchMethod");
    }

    private String errors(String snippet) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        boolean makesIts = snippet.contains("DualWriteRepository.builder");
        String text =
                AROUND.formatted(makesIts ? "" : "DualWriteRepository<Long, Customer> customers, Customer c,", snippet);
        JavaFileObject source =
                new SimpleJavaFileObject(URI.create("string:///Readme.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return text;
                    }
                };
        StringWriter errors = new StringWriter();
        List<String> options =
                List.of("-proc:none", "-d", classes.toString(), "-classpath", System.getProperty("java.class.path"));
        boolean compiled = compiler.getTask(errors, null, null, options, null, List.of(source))
                .call();
        return compiled ? "" : errors.toString();
    }
}
