package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.TcpProxy;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

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

    /** Runs it in a directory that may be thrown away afterwards. */
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
            awaitDrained(application, plan.keys() / 20);
            latencies(application, "healthy " + i);
            follower.refuse(Throttling.above(plan.rate() / SHARE));
            latencies(application, "overloaded " + i);
            follower.mend();
        }
        awaitDrained(application, plan.keys() / 20);
        follower.refuse(Throttling.above(plan.rate() / SHARE));
        sustain(application);
        follower.mend();
        application.say("pause");
        long begin = System.nanoTime();
        awaitDrained(application, 0);
        report.count("drain_millis", Duration.ofNanos(System.nanoTime() - begin).toMillis());
    }

    private void latencies(Talk application, String name) throws IOException, InterruptedException {
        application.say("clear");
        Thread.sleep(plan.turn().toMillis());
        Map<String, Long> taken = application.ask("latencies");
        Map<String, Long> depth = application.ask("depth");
        out.println(name + ": " + taken + " " + depth);
        tell(taken);
    }

    private void sustain(Talk application) throws IOException, InterruptedException {
        List<Long> heap = new ArrayList<>();
        List<String> tooDeep = new ArrayList<>();
        application.say("clear");
        for (int i = 1; i <= plan.samples(); i++) {
            Thread.sleep(plan.sustained().dividedBy(plan.samples()).toMillis());
            Map<String, Long> sample = application.ask("sample");
            out.println("sustained "
                    + plan.sustained().multipliedBy(i).dividedBy(plan.samples()).toSeconds() + " s: " + sample);
            heap.add(sample.get("heap_kb"));
            if (sample.get("depth") > plan.keys()) {
                tooDeep.add(sample.toString());
            }
            report.count("deepest", Math.max(0, sample.get("depth") - report.figure("deepest")));
        }
        Map<String, Long> taken = application.ask("latencies");
        out.println("sustained: " + taken);
        tell(taken);
        int half = heap.size() / 2;
        report.count("heap_kb_first_half", median(heap.subList(0, half)));
        report.count("heap_kb_second_half", median(heap.subList(half, heap.size())));
        report.check("too_deep", "moments with more pending writes than keys", tooDeep);
    }

    private void tell(Map<String, Long> taken) {
        report.count("writes", taken.get("writes"));
        report.check(
                "failed_writes",
                "writes that failed",
                taken.get("failed") == 0 && taken.get("writes") > 0 ? List.of() : List.of(taken.toString()));
    }

    private static long median(List<Long> numbers) {
        return numbers.stream().sorted().toList().get(numbers.size() / 2);
    }

    private void awaitDrained(Talk application, long depth) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + DRAIN.toNanos();
        long now = application.ask("depth").get("depth");
        while (now > depth && System.nanoTime() < deadline) {
            Thread.sleep(200);
            now = application.ask("depth").get("depth");
        }
        report.check(
                "not_drained", "times the queue was not drained", now > depth ? List.of("depth " + now) : List.of());
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

        Map<String, Long> ask(String word) throws IOException {
            return Arrays.stream(say(word).split(" "))
                    .map(pair -> pair.split("="))
                    .collect(Collectors.toMap(
                            pair -> pair[0], pair -> Long.valueOf(pair[1]), (a, b) -> b, LinkedHashMap::new));
        }
    }
}
