package io.github.dualwrite.examples.benchmarks.harness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the contenders of a {@link Contest} measured, round by round. */
public final class Outcome {

    private final Run run;
    private final String setting;
    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();

    Outcome(Run run, String setting) {
        this.run = run;
        this.setting = setting;
    }

    void add(String contender, String metric, double value) {
        values.computeIfAbsent(contender, any -> new LinkedHashMap<>())
                .computeIfAbsent(metric, any -> new ArrayList<>())
                .add(value);
    }

    void remove(String contender) {
        values.remove(contender);
    }

    /** The rounds of one figure; empty if it was not measured. */
    public List<Double> rounds(String contender, String metric) {
        Map<String, List<Double>> metrics = values.get(contender);
        List<Double> rounds = metrics == null ? null : metrics.get(metric);
        return rounds == null ? List.of() : List.copyOf(rounds);
    }

    /** A figure that is to be reported. */
    public Line line(String contender, String metric, String unit) {
        return new Line(contender, metric, unit);
    }

    /** A figure that is to be reported as what it is beyond another contender's, round by round. */
    public Line difference(String contender, String metric, String unit, String other) {
        String over = metric + " over " + other;
        List<Double> mine = rounds(contender, metric);
        List<Double> others = rounds(other, metric);
        for (int i = 0; i < Math.min(mine.size(), others.size()); i++) {
            add(contender, over, mine.get(i) - others.get(i));
        }
        return line(contender, over, unit);
    }

    /** Reports a metric of all contenders that have it, with ratios to one of them. */
    public void reportAll(String metric, String unit, String against) {
        values.keySet()
                .forEach(contender ->
                        line(contender, metric, unit).against(against).report());
    }

    /** One figure, and what is said about it. */
    public final class Line {
        private final String contender;
        private final String metric;
        private final String unit;
        private @Nullable String against;
        private @Nullable Goal goal;
        private @Nullable Integer size;

        private Line(String contender, String metric, String unit) {
            this.contender = contender;
            this.metric = metric;
            this.unit = unit;
        }

        /** Tells the ratios to another contender. */
        public Line against(String other) {
            this.against = other;
            return this;
        }

        /** Tells whether a goal is met. */
        public Line goal(Goal wanted) {
            this.goal = wanted;
            return this;
        }

        /** Tells how much of it there was. */
        public Line size(int rows) {
            this.size = rows;
            return this;
        }

        /** Reports it; nothing if it was not measured, which is a failure that has been reported already. */
        public void report() {
            List<Double> mine = rounds(contender, metric);
            if (mine.isEmpty()) {
                return;
            }
            @Nullable List<Double> ratios = ratios(mine);
            @Nullable Double ratio = ratios == null ? null : Medians.median(ratios);
            double median = Medians.median(mine);
            run.report(new Measurement(
                    run.benchmark(),
                    setting,
                    contender,
                    metric,
                    unit,
                    size,
                    mine,
                    median,
                    ratios == null ? null : against,
                    ratios,
                    ratio,
                    goal == null ? null : goal.text(),
                    goal == null ? null : goal.met(median, ratio)));
        }

        private @Nullable List<Double> ratios(List<Double> mine) {
            if (against == null || against.equals(contender)) {
                return null;
            }
            List<Double> others = rounds(against, metric);
            if (others.size() != mine.size()) { // the other has failed
                return null;
            }
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < mine.size(); i++) {
                ratios.add(mine.get(i) / others.get(i));
            }
            return ratios;
        }
    }
}
