package io.github.dualwrite.examples.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContestTest {

    private static final String TIME = "time";

    @TempDir
    private Path directory;

    private Run run;

    @BeforeEach
    void begin() {
        run = new Run(Profile.SMOKE, "command", directory.resolve("results.json"));
    }

    @Test
    void contendersTakeTurnsAndEachBeginsARound() throws Exception {
        List<String> order = new ArrayList<>();
        Contest contest = new Contest(run, "setting", 1, 3);
        for (String name : List.of("a", "b", "c")) {
            contest.contender(name, round -> {
                order.add(name + round);
                return Map.of(TIME, 1.0);
            });
        }

        Outcome outcome = contest.run();

        assertThat(order).containsExactly("c-1", "a-1", "b-1", "a0", "b0", "c0", "b1", "c1", "a1", "c2", "a2", "b2");
        assertThat(outcome.rounds("a", TIME)).as("without the warm-up").hasSize(3);
    }

    @Test
    void ratioIsTheMedianOfTheRoundsRatios() throws Exception {
        double[] plain = {1, 10, 100};
        double[] ours = {2, 30, 100};
        Outcome outcome = new Contest(run, "setting", 0, 3)
                .contender("plain", round -> Map.of(TIME, plain[round]))
                .contender("ours", round -> Map.of(TIME, ours[round]))
                .run();

        outcome.line("ours", TIME, "us")
                .against("plain")
                .goal(Goal.ratioAtMost(1.9))
                .report();
        outcome.difference("ours", TIME, "us", "plain").goal(Goal.atMost(1)).report();

        Measurement ratio = run.results().measurements().get(0);
        assertThat(ratio.ratios()).containsExactly(2.0, 3.0, 1.0);
        assertThat(ratio.ratio()).isEqualTo(2.0);
        assertThat(ratio.median()).isEqualTo(30.0);
        assertThat(ratio.met()).isFalse();
        Measurement difference = run.results().measurements().get(1);
        assertThat(difference.rounds()).containsExactly(1.0, 20.0, 0.0);
        assertThat(difference.met()).isTrue();
    }

    @Test
    void contenderThatFailsIsReportedAndTheOthersGoOn() throws Exception {
        run.benchmark("one", self -> {
            Outcome outcome = new Contest(self, "setting", 0, 2)
                    .contender("broken", round -> {
                        throw new IllegalStateException("no");
                    })
                    .contender("sound", round -> Map.of(TIME, 1.0))
                    .run();
            outcome.reportAll(TIME, "us", "broken");
        });
        run.benchmark("two", self -> {
            throw new IllegalStateException("no benchmark");
        });

        Results written = Run.read(directory.resolve("results.json"));

        assertThat(written.failures())
                .extracting(Results.Failure::benchmark, Results.Failure::what)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("one", "setting, broken"),
                        org.assertj.core.groups.Tuple.tuple("two", "the benchmark"));
        assertThat(written.measurements()).singleElement().satisfies(each -> {
            assertThat(each.contender()).isEqualTo("sound");
            assertThat(each.rounds()).hasSize(2);
            assertThat(each.ratio()).as("to a contender that failed").isNull();
        });
        assertThat(Tables.text(written)).contains("FAILED: one, setting, broken");
    }

    @Test
    void documentKeepsWhatIsAroundTheResults() throws Exception {
        Path document = directory.resolve("performance.md");
        Files.writeString(document, "before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n");

        Document.replace(document, "new\n");

        assertThat(Files.readString(document))
                .isEqualTo("before\n<!-- results: begin -->\n\nnew\n\n<!-- results: end -->\nafter\n");
    }
}
