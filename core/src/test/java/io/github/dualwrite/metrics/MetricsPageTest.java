package io.github.dualwrite.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.testkit.Sample;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/metrics.md} is what the enums say. To write it anew: {@code mvn -B -ntp -pl core test -Dtest=MetricsPageTest
 * -Ddualwrite.writeDocs=true}.
 */
class MetricsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "metrics.md");
    private static final String BEGIN =
            "<!-- from here on made by MetricsPageTest; its comment says how to make it anew -->";

    @Test
    void thePageSaysWhatTheEnumsSay() throws IOException {
        String page = Files.readString(PAGE);
        assertThat(page).contains(BEGIN);
        String byHand = page.substring(0, page.indexOf(BEGIN));
        String made = byHand + BEGIN + "\n" + tables();
        if (Boolean.getBoolean("dualwrite.writeDocs")) {
            Files.writeString(PAGE, made);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(made);
    }

    @Test
    void namesAndTagsAreOfOneForm() {
        for (DualWriteMeter meter : DualWriteMeter.values()) {
            assertThat(meter.meterName()).matches("dualwrite(\\.[a-z0-9]+)+");
            assertThat(meter.meaning()).endsWith(".");
            assertThat(meter.tags()).doesNotHaveDuplicates().startsWith(DualWriteTag.REPOSITORY);
            assertThat(meter.tags()).extracting(DualWriteTag::key).doesNotHaveDuplicates();
        }
        assertThat(DualWriteMeter.values())
                .extracting(DualWriteMeter::meterName)
                .doesNotHaveDuplicates();
    }

    private static String tables() {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add("## Meters");
        lines.add("");
        lines.add("| Micrometer | Prometheus | type | unit | tags | meaning |");
        lines.add("| --- | --- | --- | --- | --- | --- |");
        for (DualWriteMeter meter : DualWriteMeter.values()) {
            lines.add("| `" + meter.meterName() + "` | `" + String.join("`, `", prometheus(meter)) + "` | "
                    + meter.type().name().toLowerCase(Locale.ROOT) + " | "
                    + meter.unit().orElse("–") + " | "
                    + meter.tags().stream().map(tag -> "`" + tag.key() + "`").collect(Collectors.joining(", ")) + " | "
                    + meter.meaning() + " |");
        }
        lines.add("");
        lines.add("## Tags");
        lines.add("");
        lines.add("| tag | of | meaning | values |");
        lines.add("| --- | --- | --- | --- |");
        for (DualWriteTag tag : DualWriteTag.values()) {
            lines.add("| `" + tag.key() + "` | " + meters(tag) + " | " + tag.meaning() + " | " + values(tag) + " |");
        }
        lines.add("");
        lines.add("## Observation");
        lines.add("");
        DualWriteObservation observation = DualWriteObservation.STORE_CALL;
        lines.add("`" + observation.getName() + "`, around each call of a store. Keys, all of low cardinality:");
        lines.add("");
        lines.add("| key | meaning |");
        lines.add("| --- | --- |");
        for (DualWriteObservation.Key key : DualWriteObservation.Key.values()) {
            lines.add("| `" + key.asString() + "` | " + key.meaning() + " |");
        }
        return String.join("\n", lines) + "\n";
    }

    private static List<String> prometheus(DualWriteMeter meter) {
        String name = new PrometheusNamingConvention()
                .name(meter.meterName(), meter.type(), meter.unit().orElse(null));
        return switch (meter.type()) {
            case COUNTER -> List.of(name + "_total");
            case TIMER -> List.of(name + "_count", name + "_sum", name + "_max");
            default -> List.of(name);
        };
    }

    private static String meters(DualWriteTag tag) {
        if (tag == DualWriteTag.REPOSITORY) {
            return "all";
        }
        return Arrays.stream(DualWriteMeter.values())
                .filter(meter -> meter.tags().contains(tag))
                .map(meter -> "`" + meter.meterName() + "`")
                .collect(Collectors.joining(", "));
    }

    private static String values(DualWriteTag tag) {
        return tag.allowed().isEmpty()
                ? "named by the application"
                : tag.allowed().stream().map(value -> "`" + value + "`").collect(Collectors.joining(", "));
    }

    @Test
    void thePrometheusNamesAreThoseOfAScrape() {
        try (Rig rig = new Rig()) {
            PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            var repository = rig.open();
            new DualWriteMetrics(repository).bindTo(registry);
            assertThat(registry.scrape())
                    .as("an increase needs a value before the first event")
                    .contains("\ndualwrite_writes_outcome_unknown_total{repository=\"rig\"} 0.0\n");
            repository.save(Sample.of("a", 1));
            String scrape = registry.scrape();
            for (DualWriteMeter meter : DualWriteMeter.values()) {
                for (String name : prometheus(meter)) {
                    assertThat(scrape).contains("\n" + name + "{");
                }
            }
        }
    }
}
