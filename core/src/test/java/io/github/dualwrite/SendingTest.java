package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.fake.Tasks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each write that is not sent is told, whatever goes wrong between two calls. */
@Tag("DW-6")
class SendingTest {

    private final Tasks tasks = new Tasks();
    private final List<String> left = new ArrayList<>();

    private CompletableFuture<List<@Nullable PendingReason>> send(
            Function<List<String>, CompletableFuture<List<@Nullable PendingReason>>> call) {
        Sending<String> sending = new Sending<>(
                List.of("a", "b", "c", "d", "e"),
                2,
                call,
                (writes, reason) -> writes.forEach(write -> left.add(write + " " + reason)),
                tasks);
        CompletableFuture<List<@Nullable PendingReason>> sent = sending.start();
        tasks.run();
        return sent;
    }

    private static CompletableFuture<List<@Nullable PendingReason>> allArrive(List<String> writes) {
        return CompletableFuture.completedFuture(Collections.nCopies(writes.size(), null));
    }

    @Test
    void allAreSentInAsManyCallsAsThatNeeds() {
        List<List<String>> calls = new ArrayList<>();

        assertThat(send(writes -> {
                    calls.add(writes);
                    return allArrive(writes);
                }))
                .isCompletedWithValue(Collections.nCopies(5, null));

        assertThat(calls).containsExactly(List.of("a", "b"), List.of("c", "d"), List.of("e"));
        assertThat(left).isEmpty();
    }

    @Test
    void whatFollowsACallThatThrowsIsTold() {
        assertThat(send(writes -> {
                    if (writes.contains("c")) {
                        throw new NoClassDefFoundError("in the call itself");
                    }
                    return allArrive(writes);
                }))
                .isCompletedWithValue(
                        Arrays.asList(null, null, PendingReason.FAILED, PendingReason.FAILED, PendingReason.FAILED));

        assertThat(left).containsExactly("c FAILED", "d FAILED", "e FAILED");
    }

    @Test
    void whatFollowsACallThatEndsWithAnErrorIsTold() {
        assertThat(send(writes -> writes.contains("c")
                        ? CompletableFuture.failedFuture(new IllegalStateException("what came of it"))
                        : allArrive(writes)))
                .isCompletedWithValue(
                        Arrays.asList(null, null, PendingReason.FAILED, PendingReason.FAILED, PendingReason.FAILED));

        assertThat(left).containsExactly("c FAILED", "d FAILED", "e FAILED");
    }
}
