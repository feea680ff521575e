package io.github.dualwrite.examples.watched;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.metrics.DualWriteMeter;
import io.github.dualwrite.metrics.DualWriteTag;
import io.micrometer.core.instrument.Meter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The whole program, and the dashboard and the rules against what it shows. */
class WatchedTest {

    private static final Pattern METRIC = Pattern.compile("dualwrite_[a-z_]+");
    private static final Pattern SELECTOR = Pattern.compile("(dualwrite_[a-z_]+)\\{([^}]*)}");
    private static final Pattern OVER_TIME = Pattern.compile("\\b(rate|increase|delta)\\(");
    private static final Pattern OVER_TIME_OF_ONE =
            Pattern.compile("\\b(rate|increase|delta)\\((dualwrite_[a-z_]+)(\\{[^}]*})?\\[[0-9]+[smhd]]\\)");
    private static final Pattern LABEL = Pattern.compile("([a-z]+)(=~|!=|=)\"([^\"]*)\"");

    private static String printed;
    private static String scrape;

    @BeforeAll
    static void run() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Watched program = new Watched(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        program.run(-1, Duration.ZERO);
        printed = bytes.toString(StandardCharsets.UTF_8);
        scrape = program.registry().scrape();
    }

    @Test
    void theStoryIsToldByTheHealth() {
        assertThat(printed)
                .contains(
                        "dual writes are on -> orders: safe",
                        "both stores are CONSISTENT",
                        "the secondary is down -> orders: not safe: BREAKER_OPEN",
                        "the secondary is back -> orders: safe",
                        "an order is rejected for good -> orders: not safe: PARKED (1 parked)",
                        "it was written again -> orders: safe")
                .containsPattern("RESULT observations=[1-9][0-9]* depth=0 parked=0")
                .doesNotContain("serving");
    }

    @Test
    void theScrapeTellsTheSameStory() {
        assertThat(scrape)
                .containsPattern("dualwrite_reconciler_parked_total\\{repository=\"orders\"} 1\\.0")
                .containsPattern("dualwrite_writes_left_pending_total\\{reason=\"failed\",repository=\"orders\"} [1-9]")
                .containsPattern(
                        "dualwrite_writes_followed_total\\{path=\"reconciler\",repository=\"orders\",.*} [1-9]")
                .containsPattern("dualwrite_backfill_rows\\{repository=\"orders\"} 200\\.0")
                .containsPattern("dualwrite_store_calls_seconds_bucket\\{.*operation=\"apply\".*store=\"follower\",le=")
                .contains("resilience4j_circuitbreaker_state{");
    }

    @Test
    void theDashboardUsesMetricsAndLabelsThatExistAndLeavesNoneOut() throws IOException {
        List<String> queries = new ArrayList<>();
        try (JsonParser json = new JsonFactory()
                .createParser(Path.of("grafana", "dualwrite.json").toFile())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.VALUE_STRING
                        && Stream.of("expr", "query").anyMatch(name -> name.equals(name(json)))) {
                    queries.add(json.getText());
                }
            }
        }
        checkMetrics(queries);

        Set<String> shown = metrics(queries);
        for (DualWriteMeter meter : DualWriteMeter.values()) {
            assertThat(shown).as("%s is on the dashboard", meter).anyMatch(rendered(meter)::contains);
        }
    }

    @Test
    void theRulesUseMetricsAndLabelsThatExistAndEachHasARunbook() throws IOException {
        String rules = Files.readString(Path.of("prometheus", "alerts.yml"));
        checkMetrics(rules.lines().filter(line -> line.contains("dualwrite_")).toList());

        List<String> alerts = found("alert: ([A-Za-z]+)", rules);
        List<String> anchors = found("operations\\.md#([a-z]+)\"", rules);
        assertThat(alerts).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(anchors)
                .containsExactlyElementsOf(alerts.stream()
                        .map(alert -> alert.toLowerCase(Locale.ROOT))
                        .toList());
        String runbook = Files.readString(Path.of("..", "..", "docs", "operations.md"));
        assertThat(found("\n#### (Dualwrite[A-Za-z]+)", runbook)).containsExactlyInAnyOrderElementsOf(alerts);
        for (String alert : alerts) {
            String section = runbook.substring(runbook.indexOf("#### " + alert + "\n"));
            int end = section.indexOf("\n#", 5);
            assertThat(end < 0 ? section : section.substring(0, end))
                    .as("runbook of %s", alert)
                    .contains("**Means**", "**Look at**", "**Do**", "**Go back**");
        }
    }

    @Test
    void eachRuleIsCompleteAndItsExpressionFitsTheTypesOfItsMeters() throws IOException {
        List<Map<?, ?>> rules = rules();
        assertThat(rules).hasSizeGreaterThan(10);
        for (Map<?, ?> rule : rules) {
            String alert = text(rule, "alert");
            assertThat(text(rule, "alert")).matches("Dualwrite[A-Za-z]+");
            assertThat(rule.keySet().stream().map(Object::toString).toList())
                    .as(alert)
                    .isSubsetOf("alert", "expr", "for", "labels", "annotations");
            if (rule.containsKey("for")) {
                assertThat(text(rule, "for")).as(alert).matches("[1-9][0-9]*[mh]");
            }
            assertThat(text(map(rule.get("labels")), "severity")).as(alert).isIn("warning", "critical");
            Map<?, ?> annotations = map(rule.get("annotations"));
            assertThat(text(annotations, "summary")).as(alert).isNotBlank();
            assertThat(text(annotations, "runbook")).isEqualTo("docs/operations.md#" + alert.toLowerCase(Locale.ROOT));
            checkExpression(alert, text(rule, "expr"));
        }
    }

    @Test
    void theTestOfTheRulesIsAboutAlertsAndMetricsThatExist() throws IOException {
        Map<?, ?> file = yaml("alerts_test.yml");
        List<String> alerts = rules().stream().map(rule -> text(rule, "alert")).toList();
        Set<String> known = Arrays.stream(DualWriteMeter.values())
                .flatMap(meter -> rendered(meter).stream())
                .collect(Collectors.toSet());
        Set<String> tested = new TreeSet<>();
        for (Object test : list(file.get("tests"))) {
            for (Object series : list(map(test).get("input_series"))) {
                assertThat(metrics(List.of(text(map(series), "series"))))
                        .isNotEmpty()
                        .isSubsetOf(known);
            }
            for (Object expected : list(map(test).get("alert_rule_test"))) {
                tested.add(text(map(expected), "alertname"));
            }
        }
        assertThat(tested).hasSizeGreaterThan(5).isSubsetOf(alerts);
    }

    /** As far as that can be seen without Prometheus. */
    private static void checkExpression(String alert, String expression) {
        int depth = 0;
        for (char each : expression.replaceAll("\"[^\"]*\"", "").toCharArray()) {
            depth += each == '(' ? 1 : each == ')' ? -1 : 0;
            assertThat(depth).as("parentheses of %s", alert).isNotNegative();
        }
        assertThat(depth).as("parentheses of %s", alert).isZero();

        List<MatchResult> overTime =
                OVER_TIME_OF_ONE.matcher(expression).results().toList();
        assertThat(overTime).as("%s: each is of one metric with a range", alert).hasSize((int)
                OVER_TIME.matcher(expression).results().count());
        Set<Integer> grown = new TreeSet<>();
        for (MatchResult function : overTime) {
            assertThat(onlyGrows(function.group(2)))
                    .as("%s: %s of %s", alert, function.group(1), function.group(2))
                    .isEqualTo(!function.group(1).equals("delta"));
            grown.add(function.start(2));
        }
        METRIC.matcher(expression)
                .results()
                .filter(metric -> onlyGrows(metric.group()))
                .forEach(metric -> assertThat(grown)
                        .as("%s looks at how much %s has grown", alert, metric.group())
                        .contains(metric.start()));
    }

    private static boolean onlyGrows(String metric) {
        DualWriteMeter meter = Arrays.stream(DualWriteMeter.values())
                .filter(each -> rendered(each).contains(metric))
                .findFirst()
                .orElseThrow(() -> new AssertionError(metric));
        return meter.type() == Meter.Type.COUNTER || (meter.type() == Meter.Type.TIMER && !metric.endsWith("_max"));
    }

    private static List<Map<?, ?>> rules() throws IOException {
        List<Map<?, ?>> rules = new ArrayList<>();
        for (Object group : list(yaml("alerts.yml").get("groups"))) {
            list(map(group).get("rules")).forEach(rule -> rules.add(map(rule)));
        }
        return rules;
    }

    private static Map<?, ?> yaml(String file) throws IOException {
        LoaderOptions strict = new LoaderOptions();
        strict.setAllowDuplicateKeys(false);
        return map(new Yaml(new SafeConstructor(strict)).load(Files.readString(Path.of("prometheus", file))));
    }

    private static Map<?, ?> map(Object value) {
        assertThat(value).isInstanceOf(Map.class);
        return (Map<?, ?>) value;
    }

    private static List<?> list(Object value) {
        assertThat(value).isInstanceOf(List.class);
        return (List<?>) value;
    }

    private static String text(Map<?, ?> in, String key) {
        assertThat(in.get(key)).as(key).isInstanceOf(String.class);
        return (String) in.get(key);
    }

    @Test
    void theEndpointsSayWhetherTheInstanceIsReadyAndServeTheScrape() throws Exception {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        InMemoryStore<Long, Order> primary = InMemoryStore.keyedBy(Order::id);
        DualWriteRepository<Long, Order> orders = DualWriteRepository.builder(
                        "orders", primary, new UnsteadyFollower(InMemoryStore.keyedBy(Order::id)))
                .build();
        registry.counter("any").increment();
        try (Endpoints endpoints = new Endpoints(0, registry, orders)) {
            assertThat(get(endpoints, "/metrics").body()).contains("any_total 1.0");
            orders.close();
            HttpResponse<String> ready = get(endpoints, "/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).startsWith("orders: not ready: CLOSED");
            assertThat(get(endpoints, "/health").statusCode()).isEqualTo(503);
        }
    }

    private static String name(JsonParser json) {
        try {
            return json.currentName();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpResponse<String> get(Endpoints endpoints, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + endpoints.port() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    /** Every metric exists in a scrape, and every label with every value belongs to it. */
    private static void checkMetrics(List<String> queries) {
        assertThat(queries).isNotEmpty();
        for (String metric : metrics(queries)) {
            assertThat(scrape).as("%s is in a scrape", metric).contains("\n" + metric + "{");
        }
        for (String query : queries) {
            SELECTOR.matcher(query).results().forEach(selector -> {
                DualWriteMeter meter = Arrays.stream(DualWriteMeter.values())
                        .filter(each -> rendered(each).contains(selector.group(1)))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(selector.group(1)));
                LABEL.matcher(selector.group(2)).results().forEach(label -> checkLabel(meter, label));
            });
        }
    }

    private static void checkLabel(DualWriteMeter meter, MatchResult label) {
        DualWriteTag tag = meter.tags().stream()
                .filter(each -> each.key().equals(label.group(1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(meter + " has no label " + label.group(1)));
        if (tag != DualWriteTag.REPOSITORY) {
            assertThat(tag.allowed()).contains(label.group(3).split("\\|"));
        }
    }

    private static Set<String> metrics(List<String> queries) {
        return queries.stream()
                .flatMap(query -> METRIC.matcher(query).results().map(MatchResult::group))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    /** The names that a scrape can have for a meter. */
    private static Set<String> rendered(DualWriteMeter meter) {
        String name = new PrometheusNamingConvention()
                .name(meter.meterName(), meter.type(), meter.unit().orElse(null));
        return meter.type() == Meter.Type.TIMER
                ? Stream.of("_count", "_sum", "_max", "_bucket")
                        .map(suffix -> name + suffix)
                        .collect(Collectors.toSet())
                : Set.of(meter.type() == Meter.Type.COUNTER ? name + "_total" : name);
    }
}
