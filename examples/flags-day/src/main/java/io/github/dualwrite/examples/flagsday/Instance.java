package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.postgres.PostgresReadRoutes;
import io.github.dualwrite.postgres.PostgresStore;
import io.github.dualwrite.postgres.TableMapping;
import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.KeyPrivacy;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import java.time.Duration;
import javax.sql.DataSource;

/** One instance of the application. The constructor is what an application has to write. */
final class Instance implements AutoCloseable {

    /** The name in the flag's table. */
    static final String REPOSITORY = "orders";

    private static final TableMapping<Long, Order> ROWS = TableMapping.ofRecord(Order.class, Long.class)
            .table("orders")
            .key("id")
            .build();

    /** Small numbers, so that nobody has to wait for the end of this program; {@link StepBack#defaults()} are for production. */
    static final StepBack BY_ITSELF =
            StepBack.defaults().mismatchPercent(1).minimum(50).window(Duration.ofSeconds(5));

    /** Judges nothing: goes where the flag says. */
    static final StepBack NEVER = StepBack.defaults().mismatchPercent(100).errorPercent(100);

    private final String name;
    private final PostgresReadRoutes flag;
    private final DualWriteRepository<Long, Order> orders;
    private final Findings findings = new Findings();

    Instance(String name, DataSource primary, DataSource secondary, StepBack stepBack) {
        this.name = name;
        this.flag = PostgresReadRoutes.of(primary).listening(); // a change is usually seen at once, else after a second
        this.orders = DualWriteRepository.builder(
                        REPOSITORY, PostgresStore.of(primary, ROWS), PostgresStore.of(secondary, ROWS))
                .readRouteSource(flag)
                .stepBack(stepBack)
                .comparator(FieldComparison.of(Order.class)
                        .byNumericValue("total") // 10.0 is 10.00
                        .build())
                .shadowSettings(
                        ShadowSettings.builder().keyPrivacy(KeyPrivacy.HASHED).build())
                .backfillComplete(() -> true) // there was nothing before dual writes began
                // in production half a second; here a computer that stands still must not look like a slow secondary
                .secondaryReadTimeout(Duration.ofSeconds(15))
                // if instances read what others have just written: .readYourWrites(ReadYourWrites.fleet(…))
                .listener(findings)
                .build();
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
