package io.github.dualwrite.examples.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.examples.benchmarks.harness.Contest;
import io.github.dualwrite.examples.benchmarks.harness.Goal;
import io.github.dualwrite.examples.benchmarks.harness.Outcome;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import io.github.dualwrite.postgres.testsupport.PostgresServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A write by all the ways there are to write twice, in turn, by 1, 8 and 32 clients. What is acknowledged at once and delivered later
 * is measured twice: until all is acknowledged, and until all is delivered.
 */
final class WriteSideBySide {

    static final String UPSERT = "plain upsert";
    static final String OUTBOX = "transaction-outbox";
    static final String ASYNCHRONOUS = "ours, asynchronous";

    private WriteSideBySide() {}

    static void run(Run run) throws Exception {
        beside(run, "secondary in memory", MemorySecondary::new, true);
        beside(run, "secondary on DynamoDB Local", DynamoDbSecondary::new, false);
    }

    private static void beside(Run run, String what, Supplier<Secondary> secondaries, boolean goals) throws Exception {
        int most = 32;
        ExecutorService threads = Executors.newFixedThreadPool(most);
        // every client and every thread of the outbox needs one
        try (HikariDataSource pool = Ground.pool(PostgresServer.shared().newDatabase(), 72);
                Writing writing = new Writing(secondaries)) {
            Ground.createTable(pool);
            writing.add(UPSERT, false, secondary -> Writers.upsert(pool));
            writing.add("plain upsert, conditional put", true, each -> Writers.upsertAndConditionalPut(pool, each));
            writing.add("naive dual write", true, each -> Writers.naive(pool, each));
            writing.add(OUTBOX, true, each -> new OutboxWriter(pool, each));
            writing.add("LaunchDarkly", true, each -> Writers.launchDarkly(pool, each));
            writing.add("ours, synchronous", true, each -> Writers.ours(pool, each, SecondaryMode.SYNCHRONOUS));
            writing.add(ASYNCHRONOUS, true, each -> Writers.ours(pool, each, SecondaryMode.ASYNCHRONOUS));
            // one client last: by then everything is warm, and its latencies are those that count
            for (int clients : List.of(8, most, 1)) {
                int writes = clients == 1
                        ? run.profile().of(10, 200, 800)
                        : run.profile().of(40, 400, 2000);
                Contest contest = new Contest(
                        run,
                        what + ", " + clients + (clients == 1 ? " client" : " clients"),
                        run.profile().of(0, 1, 1),
                        run.profile().of(1, 3, 5));
                writing.ways.forEach((name, way) -> contest.contender(
                        name,
                        round -> new WriteRound(way.writer(), way.follows() ? way.secondary() : null, clients, writes)
                                .measure(threads)));
                report(contest.run(), writing.ways.keySet(), clients, goals);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static void report(Outcome outcome, Iterable<String> ways, int clients, boolean goals) {
        for (String way : ways) {
            boolean ours = way.equals(ASYNCHRONOUS);
            if (clients == 1) {
                Outcome.Line p50 = outcome.line(way, Sample.P50, "us").against(UPSERT);
                if (ours && goals) {
                    p50.goal(Goal.ratioAtMost(1.15));
                }
                p50.report();
                outcome.line(way, Sample.P99, "us").against(UPSERT).report();
            }
            Outcome.Line acknowledged =
                    outcome.line(way, WriteRound.ACKNOWLEDGED, "1/s").against(UPSERT);
            if (ours && goals && clients == 8) {
                acknowledged.goal(Goal.ratioAtLeast(0.7));
            }
            acknowledged.report();
            if (ours || way.equals(OUTBOX)) { // the others have none
                outcome.line(way, WriteRound.BACKLOG, "writes").report();
            }
            Outcome.Line delivered =
                    outcome.line(way, WriteRound.DELIVERED, "1/s").against(OUTBOX);
            if (ours && clients == 8) {
                delivered.goal(Goal.ratioAtLeast(2));
            }
            delivered.report();
        }
    }

    /** The ways to write, each with a secondary of its own. */
    private static final class Writing implements AutoCloseable {

        record Way(Writer writer, Secondary secondary, boolean follows) {}

        final Map<String, Way> ways = new LinkedHashMap<>();
        private final Supplier<Secondary> secondaries;

        Writing(Supplier<Secondary> secondaries) {
            this.secondaries = secondaries;
        }

        void add(String name, boolean follows, Function<Secondary, Writer> writer) {
            Secondary secondary = secondaries.get();
            ways.put(name, new Way(writer.apply(secondary), secondary, follows));
        }

        @Override
        public void close() {
            ways.values().forEach(each -> each.writer().close());
        }
    }
}
