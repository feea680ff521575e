package io.github.dualwrite.examples.benchmarks;

import com.launchdarkly.sdk.LDContext;
import com.launchdarkly.sdk.server.LDClient;
import com.launchdarkly.sdk.server.MigrationStage;
import com.launchdarkly.sdk.server.migrations.Migration;
import com.launchdarkly.sdk.server.migrations.MigrationExecution;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.routing.ReadRoute;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * What a shadow read costs a caller who reads now and then, so that the threads for shadow reads have gone to sleep; over stores
 * that do nothing. The read without a shadow tells what the caller's own sleep costs it: its caches are cold as well.
 */
final class RareReads {

    private static final int WARM_UP = 30_000;
    private static final String BARE = "not shadowed";
    private static final String SHADOWED = "shadowed";
    private static final String PEER = "LaunchDarkly, shadowed, parallel";

    private RareReads() {}

    static void run(Run run) throws Exception {
        try (LDClient flags = Peers.launchDarkly();
                DualWriteRepository<Long, Item> bare = repository("bare", "primary");
                DualWriteRepository<Long, Item> shadowed = repository("shadowed", "primary shadow 100%")) {
            LDContext context = LDContext.create("user");
            Migration<Optional<Item>, Boolean, Long, Item> peer = Peers.migration(
                    flags,
                    MigrationExecution.Parallel(),
                    key -> NoOpStores.ANSWER,
                    key -> NoOpStores.ANSWER,
                    item -> {},
                    item -> {});
            Map<String, IntConsumer> contenders = new LinkedHashMap<>();
            contenders.put(BARE, i -> bare.read(key(i)));
            contenders.put(SHADOWED, i -> shadowed.read(key(i)));
            contenders.put(PEER, i -> peer.read(Peers.FLAG_SHADOW, context, MigrationStage.OFF, key(i)));
            contenders.values().forEach(read -> Sample.of(run.profile().of(100, WARM_UP, WARM_UP), read));
            for (int milliseconds : new int[] {5, 50}) {
                measure(run, milliseconds, contenders);
            }
        }
    }

    private static void measure(Run run, int milliseconds, Map<String, IntConsumer> contenders)
            throws InterruptedException {
        int reads = run.profile().of(3, 1000, 2000) / milliseconds + 1;
        Contest contest = new Contest(
                run,
                "stores that do nothing, a read each " + milliseconds + " ms",
                run.profile().of(0, 1, 1),
                run.profile().of(1, 3, 11));
        contenders.forEach((name, read) -> contest.contender(
                name, round -> Sample.of(reads, milliseconds * 1_000_000L, read).metrics()));
        Outcome outcome = contest.run();
        outcome.reportAll(Sample.P50, "us", SHADOWED);
        outcome.difference(SHADOWED, Sample.P50, "us", BARE)
                .goal(Goal.atMost(3))
                .report();
    }

    private static DualWriteRepository<Long, Item> repository(String name, String route) {
        return DualWriteRepository.builder(name, NoOpStores.authority(), NoOpStores.follower())
                .readRoute(ReadRoute.parse(route))
                .backfillComplete(() -> true)
                .build();
    }

    private static Long key(int read) {
        return (long) (read & 127); // boxed ones are kept by the JVM
    }
}
