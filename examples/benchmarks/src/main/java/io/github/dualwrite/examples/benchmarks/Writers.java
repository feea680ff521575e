package io.github.dualwrite.examples.benchmarks;

import com.launchdarkly.sdk.LDContext;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.MigrationStage;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import com.launchdarkly.sdk.server.migrations.MigrationSerialOrder;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ways to write twice that need no more than a few lines, ours among them. */
final class Writers {

    private static final Logger log = LoggerFactory.getLogger(Writers.class);

    private Writers() {}

    /** The limit: the primary alone. */
    static Writer upsert(DataSource database) {
        return (item, revision) -> Jdbc.upsert(database, item);
    }

    /** Both stores by hand, the second with the condition that keeps old values out. */
    static Writer upsertAndConditionalPut(DataSource database, Secondary secondary) {
        return (item, revision) -> {
            Jdbc.upsert(database, item);
            secondary.putIfNewer(item, revision);
        };
    }

    /** The dual write of the textbooks, which loses what it logs. */
    static Writer naive(DataSource database, Secondary secondary) {
        return (item, revision) -> {
            Jdbc.upsert(database, item);
            try {
                secondary.put(item);
            } catch (RuntimeException e) {
                log.warn("the second store does not have {}", item.id(), e);
            }
        };
    }

    /** LaunchDarkly's migration helper in the stage that writes both. */
    static Writer launchDarkly(DataSource database, Secondary secondary) {
        LDClient client = Peers.launchDarkly();
        LDContext context = LDContext.create("user");
        Migration<Optional<Item>, Boolean, Long, Item> migration = Peers.migration(
                client,
                MigrationExecution.Serial(MigrationSerialOrder.FIXED),
                key -> Optional.empty(),
                key -> Optional.empty(),
                item -> Jdbc.upsert(database, item),
                item -> secondary.putIfNewer(item, item.revision()));
        return new Writer() {
            @Override
            public void write(Item item, long revision) {
                if (!migration
                        .write(Peers.FLAG_DUAL_WRITE, context, MigrationStage.OFF, item)
                        .getAuthoritative()
                        .isSuccess()) {
                    throw new IllegalStateException("not written");
                }
            }

            @Override
            public void close() {
                try {
                    client.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /**
     * Ours. The deadline is long, because DynamoDB Local on the same processors is slower than the clients, and what is measured is
     * the delivery by the write itself and not by the reconciler; all else as it comes.
     */
    static Writer ours(DataSource database, Secondary secondary, SecondaryMode mode) {
        DualWriteRepository<Long, Item> repository = DualWriteRepository.builder(
                        "items " + mode, Ground.primary(database), secondary.store())
                .secondaryMode(mode)
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(30))
                .build();
        return new Writer() {
            @Override
            public void write(Item item, long revision) {
                repository.save(item);
            }

            @Override
            public void close() {
                repository.close();
            }
        };
    }
}
