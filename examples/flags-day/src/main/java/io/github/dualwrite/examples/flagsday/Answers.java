package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.routing.ReadRoute;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Who answered the reads of both instances, and whether the answers were right. Safe for use by many threads. */
final class Answers {

    /** Reads under one route, and how many of them the secondary answered. */
    record Share(long reads, long bySecondary) {

        Share since(Share earlier) {
            return new Share(reads - earlier.reads, bySecondary - earlier.bySecondary);
        }

        double percent() {
            return reads == 0 ? 0 : 100.0 * bySecondary / reads;
        }
    }

    private final Map<ReadRoute, LongAdder> reads = new ConcurrentHashMap<>();
    private final Map<ReadRoute, LongAdder> bySecondary = new ConcurrentHashMap<>();
    private final LongAdder allReads = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder wrongBySecondary = new LongAdder();
    private final LongAdder wrongByPrimary = new LongAdder();
    private final LongAdder misrouted = new LongAdder();
    private final LongAdder stoodIn = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final AtomicReference<String> firstFailure = new AtomicReference<>("");

    /** A read has been answered. */
    void read(boolean secondary, boolean right) {
        allReads.increment();
        if (!right) {
            (secondary ? wrongBySecondary : wrongByPrimary).increment();
        }
    }

    /** During a read this route, and no other, was in force. */
    void readUnder(ReadRoute route, long key, boolean secondary) {
        reads.computeIfAbsent(route, r -> new LongAdder()).increment();
        if (secondary) {
            bySecondary.computeIfAbsent(route, r -> new LongAdder()).increment();
        }
        boolean wanted = route.readsSecondary(Instance.REPOSITORY, key);
        if (wanted != secondary) {
            (wanted ? stoodIn : misrouted).increment();
        }
    }

    void written() {
        writes.increment();
    }

    void failed(RuntimeException error) {
        failures.increment();
        firstFailure.compareAndSet("", error.toString());
    }

    Share under(ReadRoute route) {
        // in this order, so that a share is never over 100 %
        long secondary = sum(bySecondary.get(route));
        return new Share(sum(reads.get(route)), secondary);
    }

    private static long sum(@Nullable LongAdder adder) {
        return adder == null ? 0 : adder.sum();
    }

    long reads() {
        return allReads.sum();
    }

    long writes() {
        return writes.sum();
    }

    /** Reads that the secondary answered with something else than was written last. */
    long wrongBySecondary() {
        return wrongBySecondary.sum();
    }

    /** The same of the primary. */
    long wrongByPrimary() {
        return wrongByPrimary.sum();
    }

    /** Reads of keys that are not in, answered by the secondary. */
    long misrouted() {
        return misrouted.sum();
    }

    /** Reads of keys that are in, answered by the primary: each must have been a fallback. */
    long stoodIn() {
        return stoodIn.sum();
    }

    /** Calls that threw. */
    long failures() {
        return failures.sum();
    }

    /** What the first of them threw; empty if there is none. */
    String firstFailure() {
        return String.valueOf(firstFailure.get());
    }
}
