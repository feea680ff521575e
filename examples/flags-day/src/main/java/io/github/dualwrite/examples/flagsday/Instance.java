package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.postgres.PostgresReadRoutes;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** One instance of the application. The constructors are what an application has to write. */
final class Instance implements AutoCloseable {

    /** The name in the flag's table. */
    static final String REPOSITORY = "orders";

    private static final TableMapping<Long, Order> ROWS = TableMapping.ofRecord(Order.class, Long.class)
            .table("orders")
            .key("id")
            .build();

    private final String name;
    private final PostgresReadRoutes flag;
    private final DualWriteRepository<Long, Order> orders;
    private final Findings findings = new Findings();

    /** An instance that reads by the flag, and steps back by itself when the stores differ too often. */
    Instance(String name, DataSource primary, DataSource secondary) {
        this(
                name,
                primary,
                secondary,
                StepBack.defaults()
                        .mismatchPercent(1)
                        .minimum(50) // small numbers, so that nobody has to wait for the end of this program
                        .window(Duration.ofSeconds(5)));
    }

    private Instance(String name, DataSource primary, DataSource secondary, @Nullable StepBack stepBack) {
        this.name = name;
        this.flag = PostgresReadRoutes.of(primary).listening(); // a change is usually seen at once, else after a second
        DualWriteRepositoryBuilder<Long, Order> builder = DualWriteRepository.builder(
                        REPOSITORY, PostgresStore.of(primary, ROWS), PostgresStore.of(secondary, ROWS))
                .readRouteSource(flag)
                .comparator(FieldComparison.of(Order.class)
                        .byNumericValue("total") // 10.0 is 10.00
                        .build())
                .shadowSettings(
                        ShadowSettings.builder().keyPrivacy(KeyPrivacy.HASHED).build())
                .backfillComplete(() -> true) // there was nothing before dual writes began
                // in production half a second; here a computer that stands still must not look like a slow secondary
                .secondaryReadTimeout(Duration.ofSeconds(15))
                // if instances read what others have just written: .readYourWrites(ReadYourWrites.fleet(…))
                .listener(findings);
        if (stepBack != null) {
            builder.stepBack(stepBack);
        }
        this.orders = builder.build();
    }

    /** An instance that reads by the flag and judges nothing. */
    static Instance thatOnlyFollowsTheFlag(String name, DataSource primary, DataSource secondary) {
        return new Instance(name, primary, secondary, null);
    }

    String name() {
        return name;
    }

    DualWriteRepository<Long, Order> orders() {
        return orders;
    }

    /** What its listener was told. */
    Findings findings() {
        return findings;
    }

    @Override
    public void close() {
        orders.close();
        flag.close();
    }
}
