package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.FakeService;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.RequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;

/** What is read together was true together, also if somebody writes between the requests. */
@Tag("DW-2")
class AuthoritySnapshotTest {

    private final AuthorityRig rig = new AuthorityRig();
    private final FakeService service = new FakeService();
    private final Authority<String, Customer> reader = rig.open(service);
    private final Authority<String, Customer> writer = rig.open();

    /** Does something before the n-th batch read. */
    private void before(int number, Runnable action) {
        AtomicInteger reads = new AtomicInteger();
        service.before((request, count) -> {
            if (request instanceof BatchGetItemRequest && reads.incrementAndGet() == number) {
                action.run();
            }
            return null;
        });
    }

    @Test // TRAPS 7
    void aWriteBetweenEntryAndItemIsSeenAsAWhole() {
        writer.save(Customer.of("a", "old"));
        before(2, () -> writer.save(Customer.of("a", "new")));

        VersionedRecord<String, Customer> seen = reader.snapshot(List.of("a")).get(0);

        assertThat(seen.value()).isEqualTo(Customer.of("a", "new"));
        assertThat(writer.snapshot(List.of("a"))).containsExactly(seen);
    }

    @Test // TRAPS 7
    void aCreateThatRacesTheTombstonesExpiryIsSeenAsAWhole() {
        writer.save(Customer.of("a", "old"));
        writer.delete("a");
        rig.remove("a");
        before(3, () -> writer.create(Customer.of("a", "new")));

        VersionedRecord<String, Customer> seen = reader.snapshot(List.of("a")).get(0);

        assertThat(seen.value()).isEqualTo(Customer.of("a", "new"));
        assertThat(writer.snapshot(List.of("a"))).containsExactly(seen);
    }

    @Test
    void aRequestThatIsThrottledOrTakesLongerThanTheClientAllowsIsRepeatedWithMoreTime() {
        VersionedRecord<String, Customer> saved = writer.save(Customer.of("a", "Ada"));
        List<RuntimeException> failures = new ArrayList<>(List.of(
                FakeService.error("ThrottlingException", "slow down", 400), ApiCallTimeoutException.create(100)));
        service.before((request, count) ->
                request instanceof BatchGetItemRequest && !failures.isEmpty() ? failures.remove(0) : null);
        service.requests().clear();

        assertThat(reader.snapshot(List.of("a"))).containsExactly(saved);

        assertThat(service.requests(BatchGetItemRequest.class).subList(0, 3))
                .extracting(request -> request.overrideConfiguration()
                        .filter(time -> time.apiCallTimeout().equals(time.apiCallAttemptTimeout()))
                        .flatMap(RequestOverrideConfiguration::apiCallTimeout)
                        .orElse(null))
                .containsExactly(null, Duration.ofSeconds(30), Duration.ofSeconds(30));
    }

    @Test
    void recordsThatChangeWhileManyAreReadAreReadOnceMore() {
        writer.saveAll(List.of(Customer.of("a", "1"), Customer.of("b", "1")));
        before(2, () -> writer.saveAll(List.of(Customer.of("a", "2"), Customer.of("b", "2"), Customer.of("c", "2"))));

        assertThat(reader.readAll(List.of("a", "b", "c")))
                .isEqualTo(Map.of(
                        "a", Customer.of("a", "2"),
                        "b", Customer.of("b", "2"),
                        "c", Customer.of("c", "2")));
    }
}
