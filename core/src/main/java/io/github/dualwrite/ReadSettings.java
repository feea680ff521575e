package io.github.dualwrite;

import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.verify.RoutedBy;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link DualWriteRepositoryBuilder} collects about reads, and the defaults. For one thread. */
final class ReadSettings<K, V> {

    private static final Function<Object, Object> ITSELF = Function.identity();

    Duration timeout = Duration.ofMillis(500);
    ReadRouteSource source = ReadRouteSource.fixed(ReadRoute.primary());
    ReadRouteSettings route = ReadRouteSettings.defaults();
    Function<? super K, ?> routingKey = ITSELF;

    @Nullable
    String routingGroup;

    @Nullable
    StepBack stepBack;

    ReadYourWrites readYourWrites = ReadYourWrites.instance();

    /** How many keys an instance can remember as pending. */
    int marks = 100_000;

    @Nullable
    BooleanSupplier backfillComplete;

    ShadowSettings shadow = ShadowSettings.defaults();

    @Nullable
    RecordComparator<? super V> comparator;

    @Nullable
    Executor queryExecutor;

    /** The name that the read route of this repository mixes into its hash. */
    String group(String repository) {
        return routingGroup == null ? repository : routingGroup;
    }

    /** By what the read route of this repository takes a percentage. */
    RoutedBy<K> routedBy(String repository) {
        return new RoutedBy<>(group(repository), routingKey == ITSELF ? null : routingKey);
    }

    /** The comparator, unless one is set by what the primary's mapping knows of the records. */
    RecordComparator<? super V> comparatorFor(AuthorityStore<?, V> primary) {
        RecordComparator<? super V> own = comparator;
        return own != null
                ? own
                : primary.fields()
                        .<RecordComparator<? super V>>map(FieldComparison::strict)
                        .orElseGet(FieldComparison::strict);
    }
}
