package io.github.dualwrite.examples.flagsday;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.routing.ReadRoute;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A team's day with flags. Two instances of a shop write to two databases and read from one. The team moves the reads over by
 * changing a row of a table with plain SQL, a few per cent at a time; somebody breaks the secondary; shadow reads find it, and
 * the reads go back by themselves; the team heals the secondary and goes forward again.
 *
 * <pre>{@code
 * mvn -B -ntp -q -pl examples/flags-day -am process-test-classes -Pflags-day
 * }</pre>
 *
 * <p>Needs a JDK and Maven; starts the server itself. What an application has to write is in {@link Instance}. Ends with a line
 * that begins with {@code RESULT}, and with exit code 0 if all is as it must be, else 1.
 */
public final class FlagsDay {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int READS_OF_A_STEP = 1000;
    private static final int EQUAL_AGAIN = 500;
    private static final int HEALED_AT_ONCE = 250;

    private final PrintStream out;
    private final Map<Integer, Double> shares = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();

    FlagsDay(PrintStream out) {
        this.out = out;
    }

    /** Runs it. */
    public static void main(String[] arguments) {
        int exitCode = 1;
        try {
            exitCode = new FlagsDay(System.out).run();
        } catch (Exception e) {
            e.printStackTrace(System.err);
        }
        System.exit(exitCode); // the server's threads do not end by themselves
    }

    /** Runs it and returns the exit code. */
    int run() throws Exception {
        try (Shop shop = new Shop()) {
            Operator ann = new Operator("ann", shop.primary(), out);
            morning(shop, ann);
            step(shop, ann, 1, "first step");
            step(shop, ann, 10, "fine at 1 %");
            step(shop, ann, 25, "fine at 10 %");
            step(shop, ann, 50, "fine at 25 %");
            step(shop, ann, 100, "fine at 50 %");
            int broken = defect(shop);
            stepBack(shop, ann);
            int healed = heal(shop, broken);
            long wrong = shop.answers().wrongBySecondary();
            forwardAgain(shop, new Operator("ben", shop.primary(), out));
            return evening(shop, ann, wrong, healed);
        }
    }

    private void morning(Shop shop, Operator ann) throws SQLException, InterruptedException {
        out.println("1. Dual writes are on, the primary answers, and every read is compared with the secondary.");
        ann.run("INSERT INTO dualwrite.read_route (repository, route, changed_by, why) VALUES ('" + Instance.REPOSITORY
                + "', 'primary shadow 100%', 'ann', 'first compare')");
        shop.open();
        await("both stores were compared often", () -> shop.sum(Findings::equalInARow) >= EQUAL_AGAIN);
        must("no read differs before anything is broken", shop.sum(Findings::mismatches) == 0);
        out.println("2. The reads move over.");
    }

    /** Sets the flag, waits until all instances have seen it, and looks who answers then. */
    private void step(Shop shop, Operator person, int percent, String why) throws SQLException, InterruptedException {
        ReadRoute route = ReadRoute.parse("secondary " + percent + "% shadow 100%");
        Answers.Share before = shop.answers().under(route);
        person.route("secondary " + percent + "% shadow 100%", why);
        awaitRoute(shop, route);
        await("there were reads under " + route, () -> {
            Answers.Share share = shop.answers().under(route).since(before);
            return share.reads() >= READS_OF_A_STEP && share.bySecondary() > 0;
        });
        Answers.Share share = shop.answers().under(route).since(before);
        shares.putIfAbsent(percent, share.percent());
        must(
                "no instance steps back without a reason",
                shop.instances().stream()
                        .allMatch(instance -> instance.orders().readRoute().equals(route)));
        out.printf(
                Locale.ROOT,
                "   The secondary answered %.1f %% of %d reads; %d comparisons in a row found both stores equal.%n",
                share.percent(),
                share.reads(),
                shop.sum(Findings::equalInARow));
    }

    /** What nobody plans: it goes past the library, straight to the secondary's table. */
    private int defect(Shop shop) throws SQLException {
        must("no read was wrong before", shop.answers().wrongBySecondary() == 0);
        must("nothing differs before", shop.sum(Findings::mismatches) == 0);
        out.println("3. Somebody runs a clean-up script on the wrong database.");
        return new Operator("carl@secondary", shop.secondary(), out)
                .run(
                        "UPDATE orders SET note = left(note, 6), total = CASE WHEN id % 50 = 0 THEN trunc(total) ELSE total END"
                                + " WHERE id % 10 = 0");
    }

    /** Nobody does anything: instance 1 has seen too much, steps back, and sets the flag back for the fleet. */
    private void stepBack(Shop shop, Operator ann) throws SQLException, InterruptedException {
        ReadRoute back = ReadRoute.parse("primary shadow 100%");
        awaitRoute(shop, back);
        out.println("4. Shadow reads have found it, and the reads are back:");
        for (Instance instance : shop.instances()) {
            List<DualWriteEvent.RouteChanged> steps = instance.findings().stepsBack();
            if (steps.isEmpty()) {
                out.println("   " + instance.name() + " followed the flag, which instance 1 has set back");
            }
            steps.forEach(step -> out.println("   " + instance.name() + " stepped back: " + step.detail()));
        }
        out.printf(
                Locale.ROOT,
                "   %d answers were wrong until then. What differs (keys hashed, never values):%n",
                shop.answers().wrongBySecondary());
        Map<String, Object> cohorts = new TreeMap<>();
        for (Instance instance : shop.instances()) {
            instance.findings()
                    .samples()
                    .forEach(sample -> cohorts.putIfAbsent(
                            sample.result() + " in " + new TreeSet<>(sample.fields()), sample.key()));
        }
        cohorts.forEach((cohort, key) -> out.println("     " + cohort + ", for instance key " + key));
        ann.show("SELECT to_char(changed_at, 'HH24:MI:SS'), changed_by, new_route, why FROM dualwrite.read_route_log"
                + " WHERE repository = 'orders' ORDER BY id DESC LIMIT 2");
    }

    /** The primary is right: bringing its state over heals. */
    private int heal(Shop shop, int broken) throws SQLException, InterruptedException {
        out.println("5. The script's condition is known, so every order that it can have touched is marked pending.");
        String touched = "SELECT id, '' FROM orders WHERE id % 10 = 0";
        List<Long> ids = List.copyOf(Operator.rows(shop.primary(), touched).keySet());
        for (int from = 0; from < ids.size(); from += HEALED_AT_ONCE) {
            shop.instances()
                    .get(0)
                    .orders()
                    .markPending(ids.subList(from, Math.min(ids.size(), from + HEALED_AT_ONCE)));
        }
        Set<Long> notSeenEqual = new HashSet<>(ids);
        await("each of them was equal once", () -> {
            notSeenEqual.retainAll(shop.differing());
            return notSeenEqual.isEmpty();
        });
        await(
                "shadow reads find no difference any more",
                () -> shop.instances().stream()
                        .allMatch(instance -> instance.findings().equalInARow() >= EQUAL_AGAIN));
        out.printf(
                Locale.ROOT,
                "   %d orders were brought over; %d comparisons in a row found both stores equal since.%n",
                ids.size(),
                shop.sum(Findings::equalInARow));
        must("all that was broken was marked", ids.size() == broken);
        return ids.size();
    }

    /** Only a person goes forward again. */
    private void forwardAgain(Shop shop, Operator ben) throws SQLException, InterruptedException {
        out.println("6. The flag still says primary: only a person goes forward again.");
        step(shop, ben, 10, "healed, with ann");
        step(shop, ben, 100, "as before the script");
    }

    private int evening(Shop shop, Operator ann, long wrong, int healed) throws SQLException, InterruptedException {
        shop.finish();
        int different = shop.differing().size();
        out.println("7. The day, as the table tells it:");
        ann.show("SELECT to_char(changed_at, 'HH24:MI:SS'), changed_by, old_route, new_route, why"
                + " FROM dualwrite.read_route_log ORDER BY id");
        Answers answers = shop.answers();
        long failed = answers.failures();
        long fallbacks = shop.sum(findings ->
                findings.fallbacks().values().stream().mapToLong(n -> n).sum());
        long steps = shop.sum(findings -> findings.stepsBack().size());
        shop.instances()
                .forEach(instance -> out.println("   " + instance.name() + ": fallbacks "
                        + instance.findings().fallbacks()));
        must("both stores hold the same in the end", different == 0);
        must("no call failed; the first did with " + answers.firstFailure(), failed == 0);
        must("instance 1 stepped back, once", steps == 1);
        must(
                "it set the flag back",
                Operator.rows(shop.primary(), "SELECT id, changed_by FROM dualwrite.read_route_log")
                        .containsValue("step-back"));
        must("the secondary answered wrongly only while it was broken", answers.wrongBySecondary() == wrong);
        must("the primary never answered wrongly", answers.wrongByPrimary() == 0);
        must("the secondary answered only for keys that were in", answers.misrouted() == 0);
        must("the primary answered in its stead only as a fallback", answers.stoodIn() <= fallbacks);
        problems.forEach(problem -> out.println("NOT AS IT MUST BE: " + problem));
        StringBuilder result = new StringBuilder("RESULT reads=" + answers.reads() + " writes=" + answers.writes());
        shares.forEach((percent, share) ->
                result.append(String.format(Locale.ROOT, " secondary_share_at_%d=%.1f", percent, share)));
        out.println(result + " mismatches_found=" + shop.sum(Findings::mismatches) + " wrong_until_step_back=" + wrong
                + " stepped_back=" + (steps == 1) + " healed=" + healed + " fallbacks=" + fallbacks
                + " different=" + different + " failed_calls=" + failed);
        return problems.isEmpty() ? 0 : 1;
    }

    private void awaitRoute(Shop shop, ReadRoute route) throws InterruptedException {
        await(
                "every instance reads by " + route,
                () -> shop.instances().stream()
                        .allMatch(instance -> instance.orders().readRoute().equals(route)));
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("waited in vain until " + what);
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private void must(String what, boolean isSo) {
        if (!isSo) {
            problems.add(what);
        }
    }
}
