package io.github.dualwrite.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts of one run, and the first findings; what is kept is bounded. Safe for use by many threads. */
final class Tally<K> {

    private final int mostFindings;
    private final int mostUnreadable;
    private final Map<Difference, Long> differences = new EnumMap<>(Difference.class);
    private final Map<Cause, Long> causes = new EnumMap<>(Cause.class);
    private final Map<Side, Long> unreadable = new EnumMap<>(Side.class);
    private final Map<String, Long> fields = new TreeMap<>();
    private final List<Finding<K>> findings = new ArrayList<>();
    private final List<Unreadable> unreadableSamples = new ArrayList<>();
    private final List<String> notCovered = new ArrayList<>();
    private long matching;
    private long undecided;
    private int mostKeys;

    Tally(int mostFindings, int mostUnreadable) {
        this.mostFindings = mostFindings;
        this.mostUnreadable = mostUnreadable;
    }

    synchronized void matching(long more) {
        matching += more;
    }

    synchronized void found(Finding<K> finding) {
        differences.merge(finding.difference(), 1L, Long::sum);
        causes.merge(finding.cause(), 1L, Long::sum);
        finding.fields().forEach(field -> fields.merge(field, 1L, Long::sum));
        if (findings.size() < mostFindings) {
            findings.add(finding);
        }
    }

    /** Records that the scan of a side could not read. */
    synchronized void unreadable(Side side, long records) {
        if (records > 0) {
            unreadable.merge(side, records, Long::sum);
        }
    }

    /** A record that a scan could not read. */
    synchronized void unreadable(Unreadable one) {
        unreadable(one.side(), 1);
        sample(one);
    }

    /** For a part of the keys; to be added when it is complete. */
    synchronized Tally<K> part() {
        return new Tally<>(
                Math.max(0, mostFindings - findings.size()), Math.max(0, mostUnreadable - unreadableSamples.size()));
    }

    /** What was counted of single keys. */
    synchronized Counts counts() {
        return new Counts(
                matching, undecided, differences, causes, fields, notCovered.isEmpty() && unreadable.isEmpty());
    }

    /** Adds what was counted in another run: its findings are not there to be shown. */
    synchronized void add(Counts counts) {
        matching += counts.matching();
        undecided += counts.undecided();
        counts.differences().forEach((difference, count) -> differences.merge(difference, count, Long::sum));
        counts.causes().forEach((cause, count) -> causes.merge(cause, count, Long::sum));
        counts.fields().forEach((field, count) -> fields.merge(field, count, Long::sum));
    }

    /** Adds a part that is complete. */
    synchronized void add(Tally<K> part) {
        add(part.counts());
        part.findings().stream()
                .limit(Math.max(0, mostFindings - findings.size()))
                .forEach(findings::add);
        for (Side side : Side.values()) {
            unreadable(side, part.unreadable(side));
        }
        part.unreadableSamples().forEach(this::sample);
        notCovered.addAll(part.notCovered());
        held(part.mostKeys());
    }

    /** A key of which nothing can be said. */
    synchronized void undecided(Unreadable one) {
        undecided++;
        sample(one);
    }

    synchronized void undecided(long keys) {
        undecided += keys;
    }

    synchronized void sample(Unreadable one) {
        if (unreadableSamples.size() < mostUnreadable) {
            unreadableSamples.add(one);
        }
    }

    synchronized void notCovered(String what) {
        notCovered.add(what);
    }

    synchronized void held(int keys) {
        mostKeys = Math.max(mostKeys, keys);
    }

    synchronized boolean full() {
        return findings.size() >= mostFindings;
    }

    synchronized long matching() {
        return matching;
    }

    synchronized long undecided() {
        return undecided;
    }

    synchronized int mostKeys() {
        return mostKeys;
    }

    synchronized long count(Difference difference) {
        return differences.getOrDefault(difference, 0L);
    }

    synchronized long unreadable(Side side) {
        return unreadable.getOrDefault(side, 0L);
    }

    /** Differences that are none that will pass by themselves. */
    synchronized long differing() {
        return count(Difference.DIFFERENT) + count(Difference.MISSING) + count(Difference.EXTRA);
    }

    synchronized Map<String, Long> fields() {
        return new TreeMap<>(fields);
    }

    synchronized Map<Cause, Long> causes() {
        return new EnumMap<>(causes);
    }

    synchronized List<Finding<K>> findings() {
        return List.copyOf(findings);
    }

    synchronized List<Unreadable> unreadableSamples() {
        return List.copyOf(unreadableSamples);
    }

    synchronized List<String> notCovered() {
        return List.copyOf(notCovered);
    }
}
