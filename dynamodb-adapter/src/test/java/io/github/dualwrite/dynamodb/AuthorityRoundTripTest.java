package io.github.dualwrite.dynamodb;

import static io.github.dualwrite.dynamodb.RoundTripTest.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.dynamodb.testsupport.DynamoDbServer;
import io.github.dualwrite.dynamodb.testsupport.TestQueue;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.VersionedRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** What a primary is given is what it returns, stores and reads, whatever was there before. */
class AuthorityRoundTripTest {

    private final Authority<String, Everything> authority = AuthorityRig.open(DynamoDbStore.builder(
                    DynamoDbServer.shared().client(),
                    DynamoDbServer.shared().createTable("id", ScalarAttributeType.S),
                    RoundTripTest.MAPPING)
            .schema(TestQueue.install(1))
            .authorityTimeout(Duration.ofSeconds(30)));

    private void assertStored(VersionedRecord<String, Everything> written, Everything expected) {
        assertSame(written.value(), expected);
        assertSame(authority.read(expected.id()).orElseThrow(), expected);
        VersionedRecord<String, Everything> pending =
                authority.snapshot(List.of(expected.id())).get(0);
        assertThat(pending.version()).isEqualTo(written.version());
        assertSame(pending.value(), expected);
    }

    @Test
    void everyVerbStoresEveryTypeAndNoTypeAsItIs() {
        Everything full = Everything.full("a");
        Everything empty = Everything.empty("a");

        assertStored(authority.create(full), full);
        assertStored(authority.update(empty), empty);
        assertStored(authority.update(full), full);
        assertStored(authority.save(empty), empty);
        assertStored(authority.save(full), full);
    }

    @Test
    void batchesDoTheSame() {
        authority.saveAll(List.of(Everything.full("a"), Everything.empty("b")));
        List<Everything> swapped = List.of(Everything.empty("a"), Everything.full("b"));

        List<VersionedRecord<String, Everything>> saved = authority.saveAll(swapped);

        Map<String, Everything> read = authority.readAll(List.of("a", "b"));
        for (int i = 0; i < 2; i++) {
            assertStored(saved.get(i), swapped.get(i));
            assertSame(read.get(swapped.get(i).id()), swapped.get(i));
        }
    }
}
