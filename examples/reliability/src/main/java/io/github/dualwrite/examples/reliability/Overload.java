package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.TcpProxy;
import io.github.dualwrite.testkit.TcpProxy.Effect;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * An application that writes ten times as much as the follower takes.
 *
 * <ol>
 *   <li>Measure writes with a healthy follower and with one that throttles, in turns, the queue drained in between.
 *   <li>Let the follower throttle for a long time, and look at heap and queue again and again.
 *   <li>Let the follower recover, stop writing, and wait until the queue is drained. Compare both stores.
 * </ol>
 */
final class Overload {

    private static final int SHARE = 10;
    private static final long HEAP_SLACK_KB = 8 * 1024;
    private static final long THREAD_SLACK = 8;
    private static final Duration DRAIN = Duration.ofMinutes(10);

    /**
     * How a run is made.
     *
     * @param rate writes in a second
     * @param turns how often both are measured
     * @param turn how long each time
     * @param sustained how long the long time is
     * @param samples how often to look meanwhile
     */
    record Plan(int rate, int keys, int turns, Duration turn, Duration sustained, int samples) {}

    private final Plan plan;
    private final PrintStream out;
    private final Report report = new Report();

    Overload(Plan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
    }

    /** Runs it in a directory that is of use afterwards only if a check failed: the application's log is there. */
    Report run(Path directory) throws IOException, SQLException, InterruptedException {
        try (Ground ground = new Ground(directory)) {
            Place straight = ground.prepare("overload", 0, 0);
            try (TcpProxy follower = TcpProxy.http("127.0.0.1", straight.dynamoDbPort())) {
                Place place =
                        new Place(straight.postgresPort(), follower.address().getPort(), straight.table());
                Process process = start(place, directory);
                try (BufferedReader in =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                    measure(new Talk(process, in), follower);
                    process.getOutputStream().close();
                    report.check(
                            "broken_processes",
                            "processes that did not end as they should",
                            process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0
                                    ? List.of()
                                    : List.of("the application"));
                } finally {
                    process.destroyForcibly();
                }
            }
            Stores stores = Stores.read(
                    ground.postgres().dataSource(), ground.dynamoDb().client(), straight.table());
            report.check("different", "keys that differ", stores.different(Set.of()));
        }
        out.println(report.figures());
        out.println(report.verdict());
        return report;
    }

    private Process start(Place place, Path directory) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java"));
        command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-Dlogback.configurationFile=logback.xml"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), OverloadedInstance.class.getName()));
        command.addAll(List.of("" + plan.rate(), "" + plan.keys()));
        command.addAll(place.arguments());
        return new ProcessBuilder(command)
                .redirectError(directory.resolve("overload.log").toFile())
                .start();
    }

    private void measure(Talk application, TcpProxy follower) throws IOException, InterruptedException {
        application.say("write");
        Thread.sleep(plan.turn().toMillis()); // the compiler's
        for (int i = 1; i <= plan.turns(); i++) {
            drainBetween(application);
            latencies(application, "healthy " + i);
            follower.refuse(Throttling.above(plan.rate() / SHARE));
            latencies(application, "overloaded " + i);
            follower.mend();
        }
        drainBetween(application);
        follower.refuse(Throttling.above(plan.rate() / SHARE));
        sustain(application, follower);
        follower.mend();
        application.say("pause");
        long begin = System.nanoTime();
        awaitDrained(application);
        report.count("drain_millis", Duration.ofNanos(System.nanoTime() - begin).toMillis());
    }

    private void latencies(Talk application, String name) throws IOException, InterruptedException {
        application.say("clear");
        Thread.sleep(plan.turn().toMillis());
        Figures taken = application.ask("latencies");
        Figures depth = application.ask("depth");
        out.println(name + ": " + taken + " " + depth);
        tell(taken);
    }

    private void sustain(Talk application, TcpProxy follower) throws IOException, InterruptedException {
        List<Figures> samples = new ArrayList<>();
        long refusedBefore = follower.count(Effect.REFUSED);
        application.say("clear");
        for (int i = 1; i <= plan.samples(); i++) {
            Thread.sleep(plan.sustained().dividedBy(plan.samples()).toMillis());
            Figures sample = application.ask("sample");
            out.println("sustained "
                    + plan.sustained().multipliedBy(i).dividedBy(plan.samples()).toSeconds() + " s: " + sample);
            samples.add(sample);
            report.count("deepest", Math.max(0, sample.number("depth") - report.figure("deepest")));
        }
        Figures taken = application.ask("latencies");
        out.println("sustained: " + taken);
        tell(taken);
        long refused = follower.count(Effect.REFUSED) - refusedBefore;
        report.count("refused_requests", refused);
        report.check("not_overloaded", "a follower that refused nothing", when(refused == 0, "refused " + refused));
        checkGrowth(samples);
        checkCoalescing(taken.number("writes"), samples.get(samples.size() - 1).number("depth"));
    }

    /** Heap after a full collection and threads: what grows with time or with the queue would show. */
    private void checkGrowth(List<Figures> samples) {
        int half = samples.size() / 2;
        long first = median(samples.subList(0, half), "heap_kb");
        long second = median(samples.subList(half, samples.size()), "heap_kb");
        report.count("heap_kb_first_half", first);
        report.count("heap_kb_second_half", second);
        report.check(
                "heap_grew",
                "a heap that grew by more than a quarter and 8 MB",
                when(second > first * 5 / 4 + HEAP_SLACK_KB, first + " kB became " + second + " kB"));
        long threads = samples.get(0).number("threads");
        long threadsLater = samples.get(samples.size() - 1).number("threads");
        report.count("threads_first", threads);
        report.count("threads_last", threadsLater);
        report.check(
                "threads_grew",
                "threads that became more by more than a quarter and " + THREAD_SLACK,
                when(threadsLater > threads * 5 / 4 + THREAD_SLACK, threads + " threads became " + threadsLater));
    }

    /** Many more writes than pending ones, while most keys are pending: each key is pending once, however often it is written. */
    private void checkCoalescing(long writes, long depth) {
        report.count("writes_sustained", writes);
        report.count("depth_sustained", depth);
        report.check(
                "not_behind",
                "a queue that does not hold most keys at the end, so that nothing was coalesced",
                when(depth <= plan.keys() / 2, "depth " + depth + " of " + plan.keys() + " keys"));
        report.check(
                "not_coalesced",
                "a queue that grew with the writes and not with the keys",
                when(writes < 2 * report.figure("deepest"), writes + " writes, depth " + report.figure("deepest")));
    }

    private static List<String> when(boolean failed, String found) {
        return failed ? List.of(found) : List.of();
    }

    private void tell(Figures taken) {
        report.count("writes", taken.number("writes"));
        report.check(
                "failed_writes",
                "writes that failed",
                taken.number("failed") == 0 && taken.number("writes") > 0 ? List.of() : List.of(taken.toString()));
    }

    private static long median(List<Figures> samples, String name) {
        return samples.stream()
                .map(sample -> sample.number(name))
                .sorted()
                .toList()
                .get(samples.size() / 2);
    }

    /** While it is written the queue is never empty for long, least of all on a slow machine. */
    private void drainBetween(Talk application) throws IOException, InterruptedException {
        application.say("pause");
        awaitDrained(application);
        application.say("write");
    }

    private void awaitDrained(Talk application) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + DRAIN.toNanos();
        long now = application.ask("depth").number("depth");
        while (now > 0 && System.nanoTime() < deadline) {
            Thread.sleep(200);
            now = application.ask("depth").number("depth");
        }
        report.check("not_drained", "times the queue was not drained", when(now > 0, "depth " + now));
    }

    /** Words to the application and its answers. */
    private record Talk(Process process, BufferedReader in) {

        String say(String word) throws IOException {
            process.getOutputStream().write((word + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            String answer = in.readLine();
            if (answer == null) {
                throw new IOException("the application has ended; see overload.log");
            }
            return answer;
        }

        Figures ask(String word) throws IOException {
            return new Figures(say(word));
        }
    }

    /** What the application answered: {@code name=number} again and again. */
    private record Figures(String text) {

        long number(String name) {
            for (String pair : text.split(" ", -1)) {
                if (pair.startsWith(name + "=")) {
                    return Long.parseLong(pair.substring(name.length() + 1));
                }
            }
            throw new IllegalArgumentException("no " + name + " in " + text);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
