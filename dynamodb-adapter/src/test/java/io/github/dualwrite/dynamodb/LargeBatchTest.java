package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Authority;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/** A transaction of DynamoDB holds 4 MB, and one key that it refuses refuses all. */
@Tag("DW-1")
class LargeBatchTest {

    private static final String LARGE = "x".repeat(380 * 1024);

    private final AuthorityRig rig = new AuthorityRig();
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> authority = rig.open(service);

    private static List<Customer> customers(int count, String name) {
        return IntStream.range(0, count)
                .mapToObj(i -> Customer.of("k" + i, name))
                .toList();
    }

    @Test
    void recordsThatAreTooLargeTogetherAreRefusedWithWhatToDo() {
        assertThatThrownBy(() -> authority.saveAll(customers(12, LARGE)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("4 MB")
                .hasMessageContaining("write fewer records at once")
                .hasMessageNotContaining("400 KB");

        assertThat(authority.queue().statistics().depth()).isZero();
        assertThat(authority.saveAll(customers(5, LARGE))).hasSize(5);
    }

    @Test
    void oneRecordThatIsTooLargeIsStillThatOne() {
        assertThatThrownBy(() -> authority.saveAll(customers(12, LARGE + LARGE)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("400 KB");
    }

    /** What is not the mapping's is not known here, and counts there. */
    @Test
    void whatIsTooLargeWithAttributesThatAreNotTheMappingsCanBeOneItemOrAllTogether() {
        authority.saveAll(List.of(Customer.of("a", "Ada"), Customer.of("b", "Bob")));
        rig.table.set("a", "elsewhere", LARGE);
        List<Customer> larger = List.of(Customer.of("a", "x".repeat(30 * 1024)), Customer.of("b", "Bob"));

        assertThatThrownBy(() -> authority.saveAll(larger))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("not the mapping's")
                .hasMessageContaining("400 KB")
                .hasMessageContaining("4 MB")
                .hasMessageNotContaining("xxx");
        assertThatThrownBy(() -> authority.save(larger.get(0)))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("400 KB")
                .hasMessageNotContaining("4 MB");
    }

    @Test
    void whenOneOfManyKeysCannotBeMarkedTheErrorNamesIt() {
        service.before((request, count) -> request instanceof TransactWriteItemsRequest write
                        && write.toString().contains("S=k17)")
                ? FakeService.error("ValidationException", "no", 400)
                : null);
        List<String> keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toList();

        assertThatThrownBy(() -> authority.markPending(keys))
                .isInstanceOf(PermanentStoreException.class)
                .hasMessageContaining("of key k17 ");

        assertThat(authority.queue().pendingAmong(keys)).isEqualTo(Set.copyOf(keys.subList(0, 17)));
    }

    @Test
    void keysThatAreTooManyForATransactionAreMarkedInSeveral() {
        service.before((request, count) -> request instanceof TransactWriteItemsRequest write
                        && write.transactItems().size() > 20
                ? FakeService.error("ValidationException", "larger than 4 MB", 400)
                : null);
        List<String> keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toList();

        authority.markPending(keys);

        assertThat(authority.queue().pendingAmong(keys)).hasSize(30);
    }
}
