package io.github.dualwrite.metrics;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.FallbackReason;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.event.ShadowResult;
import io.github.dualwrite.event.ShadowStep;
import io.github.dualwrite.event.ShedReason;
import io.github.dualwrite.event.StoreRole;
import io.github.dualwrite.health.HealthProblem;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.verify.VerificationState;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The tags of {@linkplain DualWriteMeter meters}. Each has a fixed set of values, but for the name of the repository: the number of time
 * series is bounded, whatever is written. Keys, values, names of queries and messages of errors are never tags.
 */
public enum DualWriteTag {
    /** The repository. */
    REPOSITORY("repository", "the repository's name", List.of()),
    /** Which part the store plays. */
    STORE("store", "which part the store plays", names(StoreRole.values())),
    /** What was done. */
    OPERATION("operation", "what was done", operations()),
    /** How a call ended. */
    OUTCOME("outcome", "how the call ended", names(CallOutcome.values())),
    /** Who brought a write to the follower. */
    PATH("path", "who brought the write to the follower", names(DualWriteEvent.Path.values())),
    /** Whether an apply changed the follower. */
    APPLIED(
            "result",
            "whether it changed the follower, or the follower had that version or a newer one",
            List.of("applied", "superseded")),
    /** Why a write is pending. */
    PENDING_REASON("reason", "why the write is left to the reconciler", pendingReasons()),
    /** A read by key, or a query. */
    KIND("kind", "a read by key, or a query", List.of("key", "query")),
    /** Why the authority answered. */
    FALLBACK_REASON("reason", "why the authority was asked in the follower's stead", names(FallbackReason.values())),
    /** What a shadow read found. */
    SHADOW_RESULT("result", "what the comparison found", names(ShadowResult.values())),
    /** Why a shadow read was not made. */
    SHED_REASON("reason", "why the shadow read was not made or not finished", names(ShedReason.values())),
    /** The step of a shadow read. */
    SHADOW_STEP("step", "the step that failed", names(ShadowStep.values())),
    /** What a breaker is for. */
    BREAKER(
            "breaker",
            "the calls that the breaker is for",
            List.of("write", "read", "query", "shadow", "shadow-query")),
    /** The state of a breaker. */
    STATE("state", "1 in the state that the breaker is in, 0 in the others", names(CircuitBreaker.State.values())),
    /** What is wrong. */
    PROBLEM("problem", "what is wrong", names(HealthProblem.values())),
    /** How keys differ. */
    FINDING("finding", "how the keys differ", List.of("different", "missing", "extra", "in_flight", "undecided")),
    /** The result of a verification. */
    VERIFICATION("state", "what the verification has shown", verificationStates());

    private final String key;
    private final String meaning;

    @SuppressWarnings("ImmutableEnumChecker") // an unmodifiable list
    private final List<String> values;

    DualWriteTag(String key, String meaning, List<String> values) {
        this.key = key;
        this.meaning = meaning;
        this.values = values;
    }

    /** The tag's key. */
    public String key() {
        return key;
    }

    /** What it means. */
    public String meaning() {
        return meaning;
    }

    /** Every value that it can have; empty for the repository, which is named by the application. */
    public List<String> allowed() {
        return values;
    }

    static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static List<String> names(Enum<?>[] constants) {
        return Arrays.stream(constants).map(DualWriteTag::name).toList();
    }

    private static List<String> operations() {
        return Arrays.stream(Operation.values())
                .filter(operation -> operation != Operation.OPEN && operation != Operation.COMMIT) // not timed
                .map(DualWriteTag::name)
                .toList();
    }

    private static List<String> pendingReasons() {
        return Arrays.stream(PendingReason.values())
                .filter(reason -> reason != PendingReason.ASYNCHRONOUS && reason != PendingReason.AWAITING_COMMIT)
                .map(DualWriteTag::name)
                .toList();
    }

    private static List<String> verificationStates() {
        return Stream.concat(names(VerificationState.values()).stream(), Stream.of("failed"))
                .toList();
    }
}
