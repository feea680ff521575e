package io.github.dualwrite.simulation;

import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.Split;
import io.github.dualwrite.testkit.Sample;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The scan of a store as a process sees it: at the other end of a wire. Its caller waits. */
final class SimScan implements RecordScan<String, Sample> {

    /** How a process calls the store. */
    @FunctionalInterface
    interface Calls {
        <T> T call(String what, Collection<?> about, Supplier<T> effect);
    }

    private final RecordScan<String, Sample> inner;
    private final Calls calls;

    SimScan(RecordScan<String, Sample> inner, Calls calls) {
        this.inner = inner;
        this.calls = calls;
    }

    @Override
    public List<Split> splits(int wanted) {
        return calls.call("splits", List.of(), () -> inner.splits(wanted));
    }

    /** No call: it decides nothing. */
    @Override
    public OptionalLong estimatedRecords() {
        return inner.estimatedRecords();
    }

    @Override
    public ScanPage<String, Sample> page(Split split, @Nullable String after, int limit) {
        return calls.call("page", List.of(split.range()), () -> inner.page(split, after, limit));
    }
}
