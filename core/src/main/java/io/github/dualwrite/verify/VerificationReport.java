package io.github.dualwrite.verify;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a verification has shown. Immutable. Numbers of records are exact for what did not change meanwhile; a record that moved in its
 * store during the scan may be counted twice. {@link #toString()} is {@link #text()}.
 */
public final class VerificationReport<K> {

    private final String repository;
    private final String authority;
    private final String follower;
    private final Instant started;
    private final Instant finished;
    private final Duration duration;
    private final long authorityRows;
    private final long followerRows;
    private final int differingBuckets;
    private final boolean digestsInStores;
    private final @Nullable String leftOut;
    private final int samples;
    private final int runs;
    private final Tally<K> tally;

    VerificationReport(
            VerificationParts<K, ?> parts,
            VerificationSettings<K, ?> settings,
            RunState state,
            @Nullable String leftOut,
            Instant finished,
            Duration duration,
            RunCounts counts,
            boolean digestsInStores,
            Tally<K> tally) {
        this.repository = parts.events().repository();
        this.authority = parts.authority().description();
        this.follower = parts.follower().description();
        this.started = state.started();
        this.runs = state.runs();
        this.finished = finished;
        this.duration = state.before().plus(duration);
        this.authorityRows = state.rows(Side.AUTHORITY);
        this.followerRows = state.rows(Side.FOLLOWER);
        this.differingBuckets = counts.differingBuckets();
        this.digestsInStores = digestsInStores;
        this.leftOut = leftOut;
        this.samples = settings.samples;
        this.tally = tally; // written to no more
    }

    /** The repository's name. */
    public String repository() {
        return repository;
    }

    /** The authority's description. */
    public String authority() {
        return authority;
    }

    /** The follower's description. */
    public String follower() {
        return follower;
    }

    /** What all this comes to. */
    public VerificationState state() {
        if (differing() > 0) {
            return VerificationState.DIFFERENT;
        }
        if (inFlight() + undecided() + unreadable(Side.AUTHORITY) + unreadable(Side.FOLLOWER) > 0
                || !tally.notCovered().isEmpty()) {
            return VerificationState.INCOMPLETE;
        }
        return leftOut != null ? VerificationState.CONSISTENT_IN_PART : VerificationState.CONSISTENT;
    }

    /**
     * Whether nothing was found but writes on their way: everything was compared that can be, nothing differs, nothing is parked. Keys that
     * are in flight for other reasons belong to the reconciliation queue, whose age and depth tell of them.
     */
    public boolean consistentButForWritesOnTheirWay() {
        return state() == VerificationState.CONSISTENT
                || (leftOut == null
                        && differing() + undecided() == 0
                        && unreadable(Side.AUTHORITY) + unreadable(Side.FOLLOWER) == 0
                        && tally.notCovered().isEmpty()
                        && inFlight() <= findings().size()
                        && causes().getOrDefault(Cause.PARKED, 0L) == 0);
    }

    /** When it began; that of the first run, if others went on with it. */
    public Instant started() {
        return started;
    }

    /** When it ended. */
    public Instant finished() {
        return finished;
    }

    /** How many runs it took: 1, and one more for each time that another went on with it. */
    public int runs() {
        return runs;
    }

    /** How long it took, all runs together. */
    public Duration duration() {
        return duration;
    }

    /** Records of the authority that the scan read. */
    public long authorityRows() {
        return authorityRows;
    }

    /** Records of the follower that the scan read. */
    public long followerRows() {
        return followerRows;
    }

    /** Records of both sides that the scan read, for each second of the whole run. */
    public double rowsPerSecond() {
        double seconds = duration.toNanos() / 1e9;
        return seconds <= 0 ? 0 : (authorityRows + followerRows) / seconds;
    }

    /** Keys of which something is known: matching, different, missing, extra and in flight. */
    public long compared() {
        return matching() + different() + missing() + extra() + inFlight();
    }

    /** Keys that are equal on both sides. */
    public long matching() {
        return tally.matching();
    }

    /** Keys that both sides have, with fields that differ. */
    public long different() {
        return tally.count(Difference.DIFFERENT);
    }

    /** Keys that the follower lacks. */
    public long missing() {
        return tally.count(Difference.MISSING);
    }

    /** Keys that only the follower has. */
    public long extra() {
        return tally.count(Difference.EXTRA);
    }

    /** Keys that are different, missing or extra. */
    public long differing() {
        return tally.differing();
    }

    /** Keys that were still pending or changing at the last look. */
    public long inFlight() {
        return tally.count(Difference.IN_FLIGHT);
    }

    /** Records that the scan of a side found and could not read. */
    public long unreadable(Side side) {
        return tally.unreadable(side);
    }

    /** Keys that were to be compared one by one and could not be: unreadable, a comparator that failed, or no time left. */
    public long undecided() {
        return tally.undecided();
    }

    /** How many keys differ in a field, by the field's name. */
    public Map<String, Long> fields() {
        return Map.copyOf(tally.fields());
    }

    /** How many findings have a cause. */
    public Map<Cause, Long> causes() {
        return Map.copyOf(tally.causes());
    }

    /** Keys that somebody certainly changed on the follower by hand. */
    public long rogue() {
        return causes().entrySet().stream()
                .filter(cause -> cause.getKey().rogue())
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** The first findings, as many as the settings keep; all are counted. */
    public List<Finding<K>> findings() {
        return tally.findings();
    }

    /** The first findings of each kind, as many as the settings show. */
    public List<Finding<K>> samples() {
        List<Finding<K>> shown = new ArrayList<>();
        for (Difference kind : Difference.values()) {
            findings().stream()
                    .filter(finding -> finding.difference() == kind)
                    .limit(samples)
                    .forEach(shown::add);
        }
        return shown;
    }

    /** Samples of what could not be read or compared. */
    public List<Unreadable> unreadableSamples() {
        return tally.unreadableSamples();
    }

    /** What was not compared although it was asked for, and why; besides what the counts say. */
    public List<String> notCovered() {
        return tally.notCovered();
    }

    /** What was left out because it was not asked for: a sample, a filter. */
    public Optional<String> leftOut() {
        return Optional.ofNullable(leftOut);
    }

    /** How many buckets had to be compared key by key. */
    public int differingBuckets() {
        return differingBuckets;
    }

    /** Whether the stores computed the digests themselves. */
    public boolean digestsInStores() {
        return digestsInStores;
    }

    /** The most keys that were held in memory at once. */
    public int mostKeysInMemory() {
        return tally.mostKeys();
    }

    /**
     * For the exit code of a program: 0 if both stores are equal, otherwise a sum of 1 (different), 2 (missing), 4 (extra), 8 (in flight), 16
     * (unreadable or undecided), 32 (something was not covered), 64 (a sample or a filter left the rest out, which was asked for).
     */
    public int exitCode() {
        return (different() > 0 ? 1 : 0)
                | (missing() > 0 ? 2 : 0)
                | (extra() > 0 ? 4 : 0)
                | (inFlight() > 0 ? 8 : 0)
                | (undecided() + unreadable(Side.AUTHORITY) + unreadable(Side.FOLLOWER) > 0 ? 16 : 0)
                | (notCovered().isEmpty() ? 0 : 32)
                | (leftOut != null ? 64 : 0);
    }

    /** For a person; values only if they were asked for. */
    public String text() {
        return ReportText.of(this);
    }

    /** The same as JSON: one object, names as the methods here. */
    public String json() {
        return ReportJson.of(this);
    }

    @Override
    public String toString() {
        return text();
    }
}
