package io.github.dualwrite;

import io.github.dualwrite.routing.FieldComparison;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSettings;
import io.github.dualwrite.routing.ReadRouteSource;
import io.github.dualwrite.routing.RecordComparator;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.routing.StepBack;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@link DualWriteRepositoryBuilder} collects about reads, and the defaults. For one thread. */
final class ReadSettings<K, V> {

    Duration timeout = Duration.ofMillis(500);
    ReadRouteSource source = ReadRouteSource.fixed(ReadRoute.primary());
    ReadRouteSettings route = ReadRouteSettings.defaults();
    Function<? super K, ?> routingKey = Function.identity();

    @Nullable
    StepBack stepBack;

    ReadYourWrites readYourWrites = ReadYourWrites.instance();

    @Nullable
    BooleanSupplier backfillComplete;

    ShadowSettings shadow = ShadowSettings.defaults();
    RecordComparator<? super V> comparator = FieldComparison.<V>strict();

    @Nullable
    Executor queryExecutor;
}
