package io.github.dualwrite.metrics;

import static io.github.dualwrite.metrics.DualWriteTag.APPLIED;
import static io.github.dualwrite.metrics.DualWriteTag.BREAKER;
import static io.github.dualwrite.metrics.DualWriteTag.FALLBACK_REASON;
import static io.github.dualwrite.metrics.DualWriteTag.FINDING;
import static io.github.dualwrite.metrics.DualWriteTag.KIND;
import static io.github.dualwrite.metrics.DualWriteTag.OPERATION;
import static io.github.dualwrite.metrics.DualWriteTag.OUTCOME;
import static io.github.dualwrite.metrics.DualWriteTag.PATH;
import static io.github.dualwrite.metrics.DualWriteTag.PENDING_REASON;
import static io.github.dualwrite.metrics.DualWriteTag.PROBLEM;
import static io.github.dualwrite.metrics.DualWriteTag.SHADOW_RESULT;
import static io.github.dualwrite.metrics.DualWriteTag.SHADOW_STEP;
import static io.github.dualwrite.metrics.DualWriteTag.SHED_REASON;
import static io.github.dualwrite.metrics.DualWriteTag.STATE;
import static io.github.dualwrite.metrics.DualWriteTag.STORE;
import static io.github.dualwrite.metrics.DualWriteTag.VERIFICATION;

import io.micrometer.core.instrument.Meter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every meter of this library: its name, type, unit, tags and meaning. {@code docs/metrics.md} is made from it.
 *
 * <p>Names and tags are part of the API: they change only with a new major version.
 */
public enum DualWriteMeter {
    STORE_CALLS(
            "dualwrite.store.calls",
            Meter.Type.TIMER,
            "seconds",
            "Calls of both stores, from beginning to end. Calls that were refused are not among them. A batch is one call.",
            STORE,
            OPERATION,
            OUTCOME),

    WRITES_FOLLOWED(
            "dualwrite.writes.followed",
            Meter.Type.COUNTER,
            null,
            "Writes that the follower has, by who brought them there. The rate of path=reconciler is the drain rate.",
            PATH,
            APPLIED),
    WRITES_LEFT_PENDING(
            "dualwrite.writes.left.pending",
            Meter.Type.COUNTER,
            null,
            "Committed writes that could not be brought to the follower at once and wait for the reconciler.",
            PENDING_REASON),
    WRITES_OUTCOME_UNKNOWN(
            "dualwrite.writes.outcome.unknown",
            Meter.Type.COUNTER,
            null,
            "Writes whose outcome the authority did not tell; if one is committed, the follower will get it."),
    WRITES_FOLLOWER_AHEAD(
            "dualwrite.writes.follower.ahead",
            Meter.Type.COUNTER,
            null,
            "Writes, of a sample, that the follower took for old ones although they were the newest: they are missing there."),
    CONFIRM_FAILURES(
            "dualwrite.confirm.failures",
            Meter.Type.COUNTER,
            null,
            "Times that pending writes could not be confirmed; they are applied once more, which changes nothing."),

    FOLLOWER_CHECK_FAILURES(
            "dualwrite.follower.check.failures",
            Meter.Type.COUNTER,
            null,
            "1 if the follower was down, or not as it must be, when the repository was built."),

    QUEUE_DEPTH(
            "dualwrite.queue.depth",
            Meter.Type.GAUGE,
            null,
            "Pending writes that are not parked, one for each key, of all instances; as of the last sample. On DynamoDB at least so many from a million on."),
    QUEUE_PARKED(
            "dualwrite.queue.parked",
            Meter.Type.GAUGE,
            null,
            "Parked writes, of all instances; as of the last sample, and counted like the depth. Each needs a person."),
    QUEUE_OLDEST_AGE(
            "dualwrite.queue.oldest.age",
            Meter.Type.GAUGE,
            "seconds",
            "How long the oldest pending write that is not parked had been pending at the last sample: the replication lag."),
    QUEUE_SAMPLE_AGE(
            "dualwrite.queue.sample.age",
            Meter.Type.GAUGE,
            "seconds",
            "How old the last sample of the queue is. If it grows, the authority does not answer."),

    RECONCILER_DRAIN_RATE(
            "dualwrite.reconciler.drain.rate",
            Meter.Type.GAUGE,
            null,
            "Writes that the reconciler of this instance brought to the follower, for each second of about the last minute."),
    RECONCILER_RETRIES(
            "dualwrite.reconciler.retries",
            Meter.Type.COUNTER,
            null,
            "Attempts of the reconciler that failed and will be repeated."),
    RECONCILER_PARKED(
            "dualwrite.reconciler.parked",
            Meter.Type.COUNTER,
            null,
            "Writes that this instance parked: the follower rejects them for good."),
    RECONCILER_DISCARDED(
            "dualwrite.reconciler.discarded",
            Meter.Type.COUNTER,
            null,
            "Parked writes that a person gave up on this instance."),
    RECONCILER_FAILURES(
            "dualwrite.reconciler.failures",
            Meter.Type.COUNTER,
            null,
            "Rounds of the reconciler that could not work on the queue."),

    BREAKER_STATE(
            "dualwrite.breaker.state",
            Meter.Type.GAUGE,
            null,
            "The circuit breakers: 1 in the state that a breaker is in.",
            BREAKER,
            STATE),

    READS(
            "dualwrite.reads",
            Meter.Type.COUNTER,
            null,
            "Reads by key (counted by key) and queries, by the store that answered.",
            KIND,
            STORE),
    READS_FALLBACKS(
            "dualwrite.reads.fallbacks",
            Meter.Type.COUNTER,
            null,
            "Reads and queries for which the authority was asked in the follower's stead.",
            KIND,
            FALLBACK_REASON),
    READS_FAILED(
            "dualwrite.reads.failed",
            Meter.Type.COUNTER,
            null,
            "Reads and queries that failed because the follower did and the route allows no fallback."),
    READS_UNDECIDED(
            "dualwrite.reads.undecided",
            Meter.Type.COUNTER,
            null,
            "Reads for which the route could not say which store answers; the authority did."),
    READS_PENDING_UNKNOWN(
            "dualwrite.reads.pending.unknown",
            Meter.Type.COUNTER,
            null,
            "How often it became unknown which keys are pending; the authority answers until it is known."),

    SHADOW_COMPARED(
            "dualwrite.shadow.compared",
            Meter.Type.COUNTER,
            null,
            "Shadow reads that were compared, by what was found in the end.",
            SHADOW_RESULT),
    SHADOW_MISMATCH_RATIO(
            "dualwrite.shadow.mismatch.ratio",
            Meter.Type.GAUGE,
            null,
            "Share of shadow reads of about the last 5 minutes that found a real difference, from 0 to 1."),
    SHADOW_SHED(
            "dualwrite.shadow.shed",
            Meter.Type.COUNTER,
            null,
            "Shadow reads that were not made or not finished, so that they harm nothing.",
            SHED_REASON),
    SHADOW_FAILURES("dualwrite.shadow.failures", Meter.Type.COUNTER, null, "Shadow reads that failed.", SHADOW_STEP),
    SHADOW_HEALED(
            "dualwrite.shadow.healed",
            Meter.Type.COUNTER,
            null,
            "Keys that were marked pending because a shadow read found them to differ."),
    SHADOW_HEALS_SKIPPED(
            "dualwrite.shadow.heals.skipped",
            Meter.Type.COUNTER,
            null,
            "Keys that differ and were not marked pending, because more were found than are healed in a second."),

    ROUTE_SECONDARY_PERCENT(
            "dualwrite.route.secondary.percent",
            Meter.Type.GAUGE,
            null,
            "Percentage of the keys whose reads the route in force sends to the secondary, without its lists."),
    ROUTE_SHADOW_PERCENT(
            "dualwrite.route.shadow.percent",
            Meter.Type.GAUGE,
            null,
            "Percentage of the reads that the route in force has shadowed."),
    ROUTE_STEPPED_BACK(
            "dualwrite.route.stepped.back",
            Meter.Type.GAUGE,
            null,
            "1 while reads have stepped back to the authority by themselves, otherwise 0."),
    ROUTE_CHANGES(
            "dualwrite.route.changes", Meter.Type.COUNTER, null, "Changes of the route in force on this instance."),
    ROUTE_SOURCE_FAILURES(
            "dualwrite.route.source.failures",
            Meter.Type.COUNTER,
            null,
            "Refreshes of the route that failed; the last good route stays."),

    BACKFILL_COMPLETE(
            "dualwrite.backfill.complete",
            Meter.Type.GAUGE,
            null,
            "1 if reads take the backfill for complete, otherwise 0."),
    BACKFILL_RUNS(
            "dualwrite.backfill.runs",
            Meter.Type.GAUGE,
            null,
            "Runs of backfills that are under way on this instance."),
    BACKFILL_ROWS(
            "dualwrite.backfill.rows",
            Meter.Type.GAUGE,
            null,
            "Records that the backfill has read, over all processes, as last reported to this instance."),
    BACKFILL_ROWS_EXPECTED(
            "dualwrite.backfill.rows.expected", Meter.Type.GAUGE, null, "About how many records there are to read."),
    BACKFILL_RATE(
            "dualwrite.backfill.rate", Meter.Type.GAUGE, null, "Records for each second lately, over all processes."),
    BACKFILL_REMAINING(
            "dualwrite.backfill.remaining", Meter.Type.GAUGE, "seconds", "How long the backfill may still take."),
    BACKFILL_SPLITS("dualwrite.backfill.splits", Meter.Type.GAUGE, null, "Splits of the backfill."),
    BACKFILL_SPLITS_DONE(
            "dualwrite.backfill.splits.done", Meter.Type.GAUGE, null, "Splits of the backfill that are copied."),
    BACKFILL_FAILED_RECORDS(
            "dualwrite.backfill.failed.records",
            Meter.Type.GAUGE,
            null,
            "Records that the backfill could not copy and that nobody has dealt with; at least so many from 100 000 on."),

    BACKFILL_HELD_UP(
            "dualwrite.backfill.held.up",
            Meter.Type.COUNTER,
            null,
            "How often it was told that the follower does not take a page of a backfill: for the second failure in a row,"
                    + " the fourth, the eighth and so on."),

    VERIFICATION_RUNS(
            "dualwrite.verification.runs",
            Meter.Type.GAUGE,
            null,
            "Verifications that are under way on this instance."),
    VERIFICATION_ROWS(
            "dualwrite.verification.rows",
            Meter.Type.GAUGE,
            null,
            "Records that the verification has read in its present phase, by side.",
            STORE),
    VERIFICATION_ROWS_EXPECTED(
            "dualwrite.verification.rows.expected",
            Meter.Type.GAUGE,
            null,
            "About how many records this phase reads, of both sides together."),
    VERIFICATION_REMAINING(
            "dualwrite.verification.remaining",
            Meter.Type.GAUGE,
            "seconds",
            "How long the present phase may still take."),
    VERIFICATION_ENDED(
            "dualwrite.verification.ended",
            Meter.Type.COUNTER,
            null,
            "Verifications that ended on this instance, by what they have shown.",
            VERIFICATION),
    VERIFICATION_FINDINGS(
            "dualwrite.verification.findings",
            Meter.Type.GAUGE,
            null,
            "What the last verification that came to its end on this instance has found; a difference stays until one"
                    + " finds others, or has compared everything and finds none.",
            FINDING),
    VERIFICATION_CONSISTENT_AS_OF(
            "dualwrite.verification.consistent.as.of",
            Meter.Type.GAUGE,
            "seconds",
            "As of when the stores are known to be consistent, in seconds since 1970; from the first round of a"
                    + " continuous verification on."),

    HEALTH_SAFE(
            "dualwrite.health.safe", Meter.Type.GAUGE, null, "1 if nothing is wrong on this instance, otherwise 0."),
    HEALTH_PROBLEM(
            "dualwrite.health.problem",
            Meter.Type.GAUGE,
            null,
            "1 for what is wrong on this instance, 0 for what is not.",
            PROBLEM);

    private final String meterName;
    private final Meter.Type type;
    private final @Nullable String unit;
    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // an unmodifiable list
    private final List<DualWriteTag> tags;

    DualWriteMeter(String meterName, Meter.Type type, @Nullable String unit, String meaning, DualWriteTag... ownTags) {
        this.meterName = meterName;
        this.type = type;
        this.unit = unit;
        this.meaning = meaning;
        this.tags = Stream.concat(Stream.of(DualWriteTag.REPOSITORY), Stream.of(ownTags))
                .toList();
    }

    /** The meter's name as Micrometer has it; each registry renders it in its own way. */
    public String meterName() {
        return meterName;
    }

    /** Timer, counter or gauge. */
    public Meter.Type type() {
        return type;
    }

    /** The unit of its value; empty for mere numbers. */
    public Optional<String> unit() {
        return Optional.ofNullable(unit);
    }

    /** What it says. */
    public String meaning() {
        return meaning;
    }

    /** Its tags, the repository first. */
    public List<DualWriteTag> tags() {
        return tags;
    }
}
