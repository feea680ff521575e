package io.github.dualwrite.examples.benchmarks;

import io.github.dualwrite.examples.benchmarks.harness.Run;
import java.util.List;
import java.util.Optional;

/** All benchmarks, in the order in which they run. A new one is one more line. */
final class Suite {

    /** A benchmark by its name, and the question that it answers. */
    record Entry(String name, String question, Run.Benchmark body) {}

    static final List<Entry> ALL = List.of(
            new Entry("memory", "what does the library itself cost and allocate for a call?", InMemoryCalls::run),
            new Entry("reads", "what do read route and shadow reads cost, beside the peers?", ReadRouting::run),
            new Entry("rare", "what does a shadow read cost a caller who reads now and then?", RareReads::run),
            new Entry(
                    "save", "what does an asynchronous save cost one client, over the plain upsert?", SaveLatency::run),
            new Entry("processor", "where does the processors' time of a write go?", ProcessorCost::run),
            new Entry("write", "what does a write cost, beside all other ways to write twice?", WriteSideBySide::run),
            new Entry("read", "what does a read from real stores cost, beside the peers?", ReadLatency::run),
            new Entry("stalled", "what does a secondary that does not answer cost a read?", StalledShadow::run),
            new Entry("drain", "how fast is the queue drained, against a bare loop?", DrainThroughput::run),
            new Entry("follow", "how fast does PostgreSQL follow, against bare batches?", FollowThroughput::run),
            new Entry("capture", "what does capture by triggers cost an update?", CaptureCost::run),
            new Entry("backfill", "how fast is a backfill, and what does live traffic notice?", BackfillRates::run),
            new Entry("verify", "how fast is a verification, against what the servers can?", VerificationRates::run),
            new Entry("million", "are a million rows copied and compared with a small heap?", MillionRows::run),
            new Entry("growth-writes", "do writes stay as cheap while the queue grows?", QueueGrowth::run),
            new Entry("growth-rows", "do backfill and verification cost the same per row?", RowGrowth::run),
            new Entry("heap", "how much heap is in use after a load?", HeapAfterLoad::run));

    private Suite() {}

    static Optional<Entry> named(String name) {
        return ALL.stream().filter(each -> each.name().equals(name)).findFirst();
    }
}
