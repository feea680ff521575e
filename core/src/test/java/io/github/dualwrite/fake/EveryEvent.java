package io.github.dualwrite.fake;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.RouteChangeReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.spi.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/** One of every kind of event; {@code LogLinesTest} sees to it that none is missing. */
public final class EveryEvent {

    private EveryEvent() {}

    public static List<DualWriteEvent> of(String repository, String key) {
        Exception error = new IllegalStateException("about " + key);
        return List.of(
                new DualWriteEvent.Committed(repository, Operation.SAVE, key, 1),
                new DualWriteEvent.AuthorityFailed(repository, Operation.SAVE, List.of(key), error),
                new DualWriteEvent.Applied(repository, key, 1, false, DualWriteEvent.Path.LIVE),
                new DualWriteEvent.FollowerAhead(repository, key, 1, 2, DualWriteEvent.Path.LIVE),
                new DualWriteEvent.LeftPending(repository, key, 1, PendingReason.FAILED, "", error),
                new DualWriteEvent.ConfirmFailed(repository, List.of(key), error),
                new DualWriteEvent.PushedBack(repository, key, 1, 1, Duration.ofSeconds(1), "throttled"),
                new DualWriteEvent.Parked(repository, key, 1, "too large"),
                new DualWriteEvent.ParkedRetried(repository, 1),
                new DualWriteEvent.Discarded(repository, key, 1, "a test"),
                new DualWriteEvent.ReconcileFailed(repository, error),
                new DualWriteEvent.ReadFallback(repository, List.of(key), FallbackReason.FAILED, error),
                new DualWriteEvent.FollowerReadFailed(repository, List.of(key), FallbackReason.FAILED, error),
                new DualWriteEvent.RouteUndecided(repository, error),
                new DualWriteEvent.QueryFallback(repository, "q", FallbackReason.FAILED, error),
                new DualWriteEvent.ShadowCompared(repository, "", ShadowResult.EQUAL, Set.of()),
                new DualWriteEvent.ShadowMismatch(repository, key, ShadowResult.DIFFERENT, Set.of("name"), 0),
                new DualWriteEvent.ShadowShed(repository, ShedReason.EXECUTOR_FULL, 1),
                new DualWriteEvent.ShadowFailed(repository, ShadowStep.FOLLOWER, error, 1),
                new DualWriteEvent.ShadowHealed(repository, key),
                new DualWriteEvent.RouteChanged(
                        repository,
                        "primary deny " + key,
                        "secondary allow b," + key,
                        "flag",
                        RouteChangeReason.FLAG,
                        "",
                        null),
                new DualWriteEvent.RouteChanged(
                        repository, "primary", "secondary", "flag", RouteChangeReason.FLAG, "", key),
                new DualWriteEvent.RouteSourceFailed(repository, "flag", "primary deny " + key, 3, error),
                new DualWriteEvent.RouteSourceRecovered(repository, "flag", 3),
                new DualWriteEvent.KeyRoutesUnknown(repository, "flag", 2, 1),
                new DualWriteEvent.PendingKeysKnown(repository, false, "too many", error),
                new DualWriteEvent.BreakerChanged(repository, "b", "CLOSED", "OPEN"),
                new DualWriteEvent.FollowerCheckFailed(repository, error),
                new DualWriteEvent.BackfillBegan(repository, "backfill", 2, 0, 10),
                new DualWriteEvent.BackfillProgressed(repository, "backfill", 5, 10, 2, 1, 1, null, 1, 2, 0),
                new DualWriteEvent.BackfillSplitDone(repository, "backfill", 1, 5, 5),
                new DualWriteEvent.BackfillRecordFailed(repository, "backfill", 1, key, "too large"),
                new DualWriteEvent.BackfillHeldUp(repository, "backfill", 1, key, "throttled", 2),
                new DualWriteEvent.BackfillRecordDiscarded(repository, "backfill", key, "a test", 0),
                new DualWriteEvent.BackfillEnded(repository, "backfill", true, "RUNNING", 10, 0, null),
                new DualWriteEvent.BackfillStateChanged(repository, "backfill", "PAUSED"),
                new DualWriteEvent.BackfillWarned(repository, "backfill", "a warning"),
                new DualWriteEvent.VerificationBegan(repository, 0),
                new DualWriteEvent.VerificationProgressed(repository, "scan", 1, 1, 2, 1, null, 0),
                new DualWriteEvent.VerificationFound(repository, key, "MISSING", Set.of(), "UNKNOWN"),
                new DualWriteEvent.VerificationEnded(
                        repository,
                        0,
                        "DIFFERENT",
                        true,
                        1,
                        1,
                        0,
                        0,
                        0,
                        0,
                        Duration.ofSeconds(1),
                        Instant.EPOCH,
                        error),
                new DualWriteEvent.VerificationRepaired(repository, 1, 0));
    }
}
