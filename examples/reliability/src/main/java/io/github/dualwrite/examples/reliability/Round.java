package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.backfill.Backfill;
import io.github.dualwrite.backfill.BackfillReport;
import io.github.dualwrite.reconcile.DrainReport;
import io.github.dualwrite.spi.JobFailure;
import io.github.dualwrite.spi.ParkedWrite;
import io.github.dualwrite.testkit.TcpProxy.Effect;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * One round on tables of its own.
 *
 * <ol>
 *   <li>Start a process for each role and wait until all are open.
 *   <li>Work the schedule of faults off, while the journal takes down what the processes say.
 *   <li>Mend everything and let the processes end.
 *   <li>Finish the backfill and drain the queue.
 *   <li>Compare what both stores hold with each other and with the journal.
 * </ol>
 */
final class Round {

    private static final Duration DRAIN = Duration.ofMinutes(3);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Settings settings;
    private final Ground ground;
    private final Path directory;
    private final Report report = new Report();

    /** A round whose journal and logs go to a directory. */
    Round(Settings settings, Ground ground, Path directory) {
        this.settings = settings;
        this.ground = ground;
        this.directory = directory;
    }

    Report run() throws IOException, SQLException, InterruptedException {
        String table = "round_" + Long.toUnsignedString(settings.seed(), 36);
        Place place = ground.prepare(table, settings.old(), settings.seed());
        List<Child> children = new ArrayList<>();
        Journal journal = new Journal(directory.resolve(table + ".journal"));
        try (journal) {
            for (Role role : Role.values()) {
                children.add(new Child(role, children.size(), settings, place, journal, directory));
            }
            disturb(children);
            end(children);
        } finally {
            children.forEach(Child::close);
        }
        ground.postgres().endAllOthers();
        Set<String> parked = settle(place);
        judge(new History(journal.read(), Keys::wasThereBefore), place, parked);
        ground.clear(table);
        return report;
    }

    private void disturb(List<Child> children) throws IOException, InterruptedException {
        for (Child child : children) {
            child.start();
        }
        await(() ->
                children.stream().allMatch(Child::open) || !children.stream().allMatch(Child::alive));
        if (!children.stream().allMatch(Child::open)) {
            throw new IllegalStateException("the processes do not start; see the logs in " + directory);
        }
        Injector injector = new Injector(children, ground.postgres());
        injector.run(
                Planned.schedule(settings.seed(), children.size(), settings.faults(), settings.length()),
                settings.length());
        await(() -> children.stream().anyMatch(Child::readByFollower)); // or what was read says little
        report.count(injector.effective(), injector.vain());
        report.count("answers_lost", injector.effects(Effect.ANSWER_LOST));
        report.count("refused_requests", injector.effects(Effect.REFUSED));
        report.count("connections_broken", injector.effects(Effect.BROKEN));
        report.count("half_closed", injector.effects(Effect.HALF_CLOSED));
        report.count("sessions_ended", injector.sessionsEnded());
        report.check("broken_steps", "steps of the schedule that failed", injector.failures());
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
    }

    private void end(List<Child> children) throws IOException, InterruptedException {
        for (Child child : children) {
            child.link(true).mend();
            child.link(false).mend();
            child.proceed();
        }
        for (Child child : children) {
            child.end();
        }
        List<String> failures = new ArrayList<>();
        for (Child child : children) {
            failures.addAll(child.awaitEnd());
            report.count("kills", child.kills());
            report.count("kills_at_work", child.killsAtWork());
        }
        report.check("broken_processes", "processes that ended by themselves or not as they should", failures);
    }

    /** Brings everything over that has not arrived yet, and returns the keys that are parked. */
    private Set<String> settle(Place place) throws InterruptedException {
        DataSource dataSource = ground.postgres().dataSource();
        try (DynamoDbAsyncClient client = place.client();
                DualWriteRepository<String, Entry> repository = place.repository(dataSource, client, Sabotage.NONE)
                        .reconcileInBackground(false)
                        .build()) {
            BackfillReport copied = complete(repository.backfill());
            DrainReport drained = repository.reconciler().drain(DRAIN);
            report.count("drained_at_the_end", drained.applied() + drained.superseded());
            report.check(
                    "unresolved",
                    "pending writes that stay pending, and a backfill that does not end",
                    drained.drained() && copied.complete() ? List.of() : List.of(drained + " " + copied));
            return repository.reconciler().parked(0, 1000).stream()
                    .map(ParkedWrite::key)
                    .map(String::valueOf)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Finishes the copy; records that DynamoDB cannot hold are given up, as a person would, and no others. */
    private static BackfillReport complete(Backfill<String, Entry> backfill) throws InterruptedException {
        BackfillReport copied = backfill.run(DRAIN);
        if (!copied.complete()) {
            backfill.retryFailures();
            backfill.failures(0, 1000).stream()
                    .map(JobFailure::key)
                    .filter(Keys::mayBeTooLarge)
                    .forEach(key -> backfill.discardFailure(key, "too large for DynamoDB"));
            copied = backfill.run(DRAIN);
        }
        return copied;
    }

    private void judge(History history, Place place, Set<String> parked) throws SQLException {
        Stores stores =
                Stores.read(ground.postgres().dataSource(), ground.dynamoDb().client(), place.table());
        report.count("acknowledged", history.acknowledged());
        report.count("unknown", history.unknown());
        report.count("refused", history.refused());
        report.count("reads", history.reads());
        report.count("failed_reads", history.failedReads());
        report.count("reads_by_follower", history.readsByFollower());
        report.count("reads_by_authority", history.readsByAuthority());
        Map<String, Long> work = new TreeMap<>();
        work.put("writes", history.acknowledged());
        work.put("reads", history.reads());
        work.put("reads by the follower", history.readsByFollower()); // without them "not stale" says nothing
        work.values().removeIf(done -> done > 0);
        report.check("idle", "kinds of work that nobody did", work.keySet());
        report.check("lost", "keys that lost an acknowledged write", history.lost(stores, parked));
        report.check(
                "behind", "keys whose acknowledged version the follower does not have", history.behind(stores, parked));
        report.check("different", "keys that differ", stores.different(parked));
        report.check("stale", "stale reads", history.stale(Place.FLEET_BOUND));
        report.check("phantoms", "reads of what is not written", history.phantoms(Place.FLEET_BOUND));
        List<String> torn = new ArrayList<>(history.torn());
        torn.addAll(stores.torn());
        report.check("torn", "records of two writes", torn);
        report.check("split", "pairs that are not of one transaction", stores.split(new Keys(settings.old()).pairs()));
        Set<String> wrong = new TreeSet<>(stores.tooLarge());
        wrong.addAll(parked);
        wrong.removeIf(key -> parked.contains(key) && stores.tooLarge().contains(key));
        report.count("parked", parked.size());
        report.check("parked_wrongly", "keys that are parked and should not be, or should and are not", wrong);
        report.check("unexpected", "errors that no contract allows", history.unexpected());
    }
}
