package io.github.dualwrite.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.dualwrite.examples.benchmarks.harness.Measurement;
import io.github.dualwrite.examples.benchmarks.harness.Profile;
import io.github.dualwrite.examples.benchmarks.harness.Results;
import io.github.dualwrite.examples.benchmarks.harness.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarksTest {

    @Test
    void aRunThatWasEndedBeforeItsEndIsNotPublished(@TempDir Path directory) {
        Run run = new Run(Profile.FULL, "a command", directory.resolve("full.json"));
        run.say("begins");

        assertThatIllegalStateException()
                .isThrownBy(() -> Benchmarks.publish(Profile.FULL, directory, directory))
                .withMessageContaining("it was ended before its end");
        run.failed("a contender", new IllegalStateException("down"));
        run.finish();
        assertThatIllegalStateException()
                .isThrownBy(() -> Benchmarks.publish(Profile.FULL, directory, directory))
                .withMessageContaining("a contender");
    }

    @Test
    void everyBenchmarkRunsAndItsResultsAreWellFormed(@TempDir Path directory) throws Exception {
        System.setProperty("jmh.ignoreLock", "true"); // nothing is measured that another run could disturb

        Results results = Benchmarks.run(Profile.SMOKE, List.of(), directory);

        assertThat(results.failures()).isEmpty();
        assertThat(Run.read(directory.resolve("smoke.json"))).isEqualTo(results);
        assertThat(results.finished()).isNotNull();
        assertThat(results.measurements().stream().map(Measurement::benchmark).collect(Collectors.toSet()))
                .containsAll(Suite.ALL.stream().map(Suite.Entry::name).toList());
        assertThat(results.measurements()).allSatisfy(each -> {
            assertThat(each.rounds())
                    .isNotEmpty()
                    .allSatisfy(value -> assertThat(value).isFinite());
            assertThat(each.median()).isFinite();
            assertThat(each.met() == null).isEqualTo(each.goal() == null);
        });
        assertThat(Files.readString(directory.resolve("smoke.md")))
                .contains("ours, asynchronous", "transaction-outbox", "Scientist4J");
        DocumentBuilderFactory xml = DocumentBuilderFactory.newInstance();
        xml.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        for (String picture : List.of("growth-writes.svg", "growth-rows.svg")) {
            String root = xml.newDocumentBuilder()
                    .parse(directory.resolve(picture).toFile())
                    .getDocumentElement()
                    .getTagName();
            assertThat(root).isEqualTo("svg");
        }

        Path docs = Files.createDirectories(directory.resolve("docs"));
        Path page = Files.writeString(
                docs.resolve("performance.md"), "before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n");
        assertThat(Benchmarks.publish(Profile.SMOKE, directory, docs)).isEqualTo(page);
        assertThat(Files.readString(page))
                .startsWith("before\n<!-- results: begin -->\n")
                .endsWith("<!-- results: end -->\nafter\n")
                .contains("Profile `smoke`", "transaction-outbox", "![growth-rows](images/growth-rows.svg)")
                .doesNotContain("old");
        assertThat(docs.resolve("images").resolve("growth-rows.svg")).isNotEmptyFile();
    }
}
