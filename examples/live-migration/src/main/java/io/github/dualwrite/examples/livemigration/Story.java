package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ReadRouteSwitch;
import io.github.dualwrite.verify.VerificationReport;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * What happens while traffic runs:
 *
 * <ol>
 *   <li>both processes write to both stores from now on;
 *   <li>what was in PostgreSQL before is copied, and both stores are verified;
 *   <li>DynamoDB answers too late, then not at all: the breaker opens, writes go on, the queue grows;
 *   <li>DynamoDB is back: the breaker closes, the reconciler drains;
 *   <li>the writer process is killed and started again;
 *   <li>the flag sends reads to DynamoDB, which is cut off once more: reads fall back, and the flag is set back;
 *   <li>somebody changes DynamoDB by hand: a verification finds exactly that, it is repaired, and verified once more;
 *   <li>traffic ends, the queue is drained, every key of both stores is compared, by code that shares nothing with the library;
 *   <li>if both are equal, traffic runs again and the flag moves the reads to DynamoDB, from 1 % of the keys to all; then the queue
 *       is drained and every key is compared once more.
 * </ol>
 */
final class Story {

    private static final double CALM = 0.15;
    private static final double TROUBLE = 0.85;
    private static final Duration TOO_LATE = Duration.ofMillis(900);
    private static final Duration DRAIN_STEP = Duration.ofSeconds(1);
    private static final int DRAIN_STEPS = 90;
    private static final int SOME_WRITES = 40;
    private static final int SOME_FALLBACKS = 10;

    private final Options options;
    private final Coordinates servers;
    private final WatchedPool pool;
    private final DynamoDbAsyncClient direct;
    private final Progress progress;
    private final Consumer<DynamoDbAsyncClient> beforeComparison;
    private final Tally tally = new Tally();
    private final ReadRouteSwitch route = ReadRouteSwitch.of(ReadRoute.primary());
    private final CircuitBreaker writeBreaker = Repositories.breaker("writes");
    private final Answers answers;
    private final Existing existing;
    private final Result result = new Result();
    private long lost;

    /** What both stores hold, and how it compares. */
    private record Stores(
            Map<String, Map<String, @Nullable String>> rows, DynamoDbItems items, Comparison comparison) {}

    /**
     * A story on tables that are there and empty.
     *
     * @param direct a client that does not go through the relay
     * @param beforeComparison called when all is drained; tests do harm here
     */
    Story(
            Options options,
            Coordinates servers,
            WatchedPool pool,
            DynamoDbAsyncClient direct,
            Progress progress,
            Consumer<DynamoDbAsyncClient> beforeComparison) {
        this.options = options;
        this.servers = servers;
        this.pool = pool;
        this.direct = direct;
        this.progress = progress;
        this.beforeComparison = beforeComparison;
        this.answers = new Answers(route, pool, tally);
        this.existing = new Existing(options.rows(), options.threads() + 1);
    }

    /** Runs to the end. */
    Result run(Path workDirectory) throws Exception {
        existing.store(pool, options.seed());
        progress.tell("0. PostgreSQL holds " + existing.rows() + " customers from before; DynamoDB is empty.");
        int ratePerWriter = Math.max(1, options.rate() / (options.threads() + 1));
        try (Relay relay = new Relay(servers.dynamoDb());
                DynamoDbAsyncClient client = DynamoDbClients.throughRelay(servers, relay.address());
                DualWriteRepository<UUID, Customer> repository = Repositories.synchronous(
                        pool, client, writeBreaker, Repositories.breaker("reads"), route, tally);
                WriterProcess process = new WriterProcess(
                        servers,
                        relay.address(),
                        workDirectory.resolve("journal"),
                        options.threads() + 1,
                        existing,
                        options.seed(),
                        ratePerWriter);
                Traffic traffic =
                        new Traffic(repository, existing, options.threads(), options.seed(), ratePerWriter, answers)) {
            process.start();
            Observer observer = new Observer(
                    progress, repository, writeBreaker, traffic, process, Duration.ofSeconds(options.seconds()));
            Checking checking = new Checking(repository, progress);
            calm(observer, process);
            backfill(observer, repository, checking);
            Tampering tampering = new Tampering(repository, direct, traffic.archive(), options.seed());
            tampering.writeSome();
            observer.part("trouble", TROUBLE);
            outage(observer, relay);
            recovery(observer, relay);
            kill(observer, process);
            moveReads(observer, relay);
            tamper(observer, checking, tampering);
            return end(observer, repository, process, traffic);
        }
    }

    private void calm(Observer observer, WriterProcess process) throws InterruptedException {
        progress.tell("1. Dual writes are on: " + options.threads()
                + " threads here write synchronously, a second process" + " asynchronously; all read from PostgreSQL.");
        observer.part("traffic", CALM);
        observer.watch(
                "all is well",
                CALM,
                "the writer process has written",
                () -> process.ledger().writes() >= SOME_WRITES);
    }

    private void backfill(Observer observer, DualWriteRepository<UUID, Customer> repository, Checking checking)
            throws Exception {
        progress.tell("2. Backfill: what was there before is copied while traffic runs; a newer write always wins.");
        BackfillReport report = new Copying(repository).run(observer);
        progress.tell(String.format(
                Locale.ROOT,
                "   %s after %.1f s: %d rows read, %d copied, %d skipped because DynamoDB had newer ones, %d failed.",
                report.complete() ? "Complete" : "NOT COMPLETE",
                report.duration().toMillis() / 1e3,
                report.read(),
                report.applied(),
                report.skipped(),
                report.failuresLeft()));
        report.warnings().forEach(warning -> progress.tell("   Warning: " + warning));
        if (!report.complete()) {
            throw new IllegalStateException("the backfill is not complete: " + report);
        }
        checking.run(observer);
        result.with("existing", existing.rows())
                .with("backfilled", report.applied())
                .with("backfill_skipped", report.skipped())
                .with("backfill_failures", report.failuresLeft());
    }

    private void outage(Observer observer, Relay relay) throws InterruptedException {
        long writesBefore = observer.writes();
        progress.tell("3. DynamoDB answers too late from now on, then not at all.");
        relay.delay(TOO_LATE);
        observer.watch("DynamoDB is slow", 0.07, "", () -> true);
        long pendingBefore = observer.look();
        relay.cut();
        observer.watch(
                "DynamoDB is cut off",
                0.25,
                "the breaker opens and the queue grows",
                () -> writeBreaker.getState() != CircuitBreaker.State.CLOSED && observer.pending() > pendingBefore);
        progress.tell("   Breaker " + writeBreaker.getState() + ", " + observer.look() + " keys pending; "
                + (observer.writes() - writesBefore) + " writes were acknowledged meanwhile, " + observer.failures()
                + " calls have failed.");
    }

    private void recovery(Observer observer, Relay relay) throws InterruptedException {
        progress.tell("4. DynamoDB is back.");
        relay.mend();
        observer.watch(
                "DynamoDB is back",
                0.2,
                "the breaker closes",
                () -> writeBreaker.getState() == CircuitBreaker.State.CLOSED);
        progress.tell("   Breaker " + writeBreaker.getState() + ", " + observer.look() + " keys pending, "
                + tally.reconciled() + " writes reconciled.");
    }

    private void kill(Observer observer, WriterProcess process) throws Exception {
        long before = process.ledger().writes();
        observer.watch(
                "waiting to kill",
                0,
                "the writer process is in the middle of its writes",
                () -> process.ledger().writes() >= before + SOME_WRITES);
        process.kill();
        long acknowledged = process.ledger().writes();
        List<UUID> missing = process.ledger().lost(PostgresRows.revisions(PostgresRows.all(pool)));
        lost += missing.size();
        progress.tell(
                "5. The writer process is killed after " + acknowledged + " acknowledged writes, of which PostgreSQL"
                        + " lacks " + missing.size() + "; " + observer.look() + " keys pending. It starts again.");
        process.start();
        observer.watch(
                "after the kill",
                0.16,
                "the new writer process has written",
                () -> process.ledger().writes() >= acknowledged + SOME_WRITES);
    }

    private void moveReads(Observer observer, Relay relay) throws InterruptedException {
        progress.tell("6. The flag sends reads to DynamoDB.");
        route.set(ReadRoute.secondary());
        observer.watch("reads from DynamoDB", 0.09, "", () -> true);
        progress.tell("   DynamoDB is cut off once more: PostgreSQL answers in its stead.");
        long before = tally.fallbacks();
        relay.cut();
        observer.watch(
                "reads during an outage", 0.04, "reads fall back", () -> tally.fallbacks() >= before + SOME_FALLBACKS);
        relay.mend();
        observer.watch(
                "DynamoDB is back",
                0.04,
                "the breaker closes",
                () -> writeBreaker.getState() == CircuitBreaker.State.CLOSED);
        progress.tell("   " + tally.fallbacks() + " reads fell back, " + observer.failures() + " calls have failed."
                + " The flag is set back.");
        route.set(ReadRoute.primary());
    }

    private void tamper(Observer observer, Checking checking, Tampering tampering) throws Exception {
        observer.watch("waiting to tamper", 0, "DynamoDB has the writes", tampering::arrived);
        List<Harm> harms = tampering.inflict();
        progress.tell("7. Somebody changes " + harms.size() + " customers on DynamoDB by hand. Traffic goes on; the"
                + " verification must find exactly those.");
        Checking.Found found = checking.find(observer, harms);
        long repaired = checking.repair(observer, found.report());
        progress.tell("   " + repaired + " of them are equal now. Once more everything:");
        VerificationReport<UUID> healed = checking.run(observer);
        result.with("injected", harms.size())
                .with("found", found.found())
                .with("misnamed", found.misnamed())
                .with("false_alarms", found.falseAlarms())
                .with("repaired", repaired)
                .with("verified_different", healed.differing())
                .with("verify_exit", healed.exitCode());
    }

    private Result end(
            Observer observer, DualWriteRepository<UUID, Customer> repository, WriterProcess process, Traffic traffic)
            throws Exception {
        traffic.stop();
        process.finish();
        long trafficSeconds = observer.seconds();
        progress.tell("8. Traffic has ended with " + observer.look() + " keys pending; they are drained.");
        drain(repository, observer);
        long pending = observer.look();
        beforeComparison.accept(direct);
        Ramp ramp = new Ramp(route, answers, tally, progress);
        Stores stores = compare();
        if (pending == 0 && stores.comparison().equal()) {
            progress.tell("9. Both stores are equal. Traffic runs again, and the flag moves the reads to DynamoDB.");
            traffic.start();
            observer.part("ramp", 1);
            ramp.run(observer);
            traffic.stop();
            progress.tell(
                    "   Fallbacks, batches included: " + ramp.fallbacks() + ". What is left is drained and compared.");
            drain(repository, observer);
            pending = observer.look();
            stores = compare();
        } else {
            progress.tell("   Not all is equal: the reads stay with PostgreSQL.");
        }

        List<Ledger> ledgers = new ArrayList<>(traffic.ledgers());
        ledgers.add(process.ledger());
        Map<String, Long> revisions = PostgresRows.revisions(stores.rows());
        long behind = 0;
        long stale = 0;
        for (Ledger ledger : ledgers) {
            lost += ledger.lost(revisions).size();
            behind += ledger.behind(new HashMap<>(stores.items().versions())).size();
            stale += ledger.staleReads();
            ledger.complaints().forEach(complaint -> progress.tell("   " + complaint));
        }
        Comparison comparison = stores.comparison();
        return result.with("writes", observer.writes())
                .with("pending", pending)
                .with("missing", comparison.missing())
                .with("extra", comparison.extra())
                .with("different", comparison.different())
                .with("failed_calls", observer.failures())
                .with("lost_acknowledged", lost)
                .with("behind_acknowledged", behind)
                .with("stale_reads", stale)
                .with("parked", tally.parked())
                .with("reads", observer.reads())
                .with("keys", comparison.keys())
                .with("applied_live", tally.live())
                .with("reconciled", tally.reconciled())
                .with("read_fallbacks", tally.fallbacks())
                .with("breaker_openings", tally.breakerOpenings())
                .with("queue_peak", observer.peak())
                .with("kills", process.kills())
                .with("traffic_seconds", trafficSeconds)
                .with("secondary_reads", ramp.all().bySecondary())
                .with("secondary_read_fallbacks", ramp.all().fallbacks())
                .with("read_share", ramp.last().percent())
                .with("misrouted_reads", answers.misrouted());
    }

    private Stores compare() throws SQLException {
        Map<String, Map<String, @Nullable String>> rows = PostgresRows.all(pool);
        DynamoDbItems items = DynamoDbItems.all(direct);
        Comparison comparison = Comparison.of(rows, items.live());
        progress.tell("   Compared " + comparison.keys() + " keys, field by field.");
        comparison.samples().forEach(sample -> progress.tell("   " + sample));
        return new Stores(rows, items, comparison);
    }

    private static void drain(DualWriteRepository<UUID, Customer> repository, Observer observer)
            throws InterruptedException {
        observer.part("drain", 1);
        boolean drained = false;
        for (int i = 0; !drained && i < DRAIN_STEPS; i++) {
            DrainReport report = repository.reconciler().drain(DRAIN_STEP);
            drained = report.drained();
            observer.look();
            observer.show("draining");
        }
        observer.advance(1);
        observer.show("drained");
    }
}
