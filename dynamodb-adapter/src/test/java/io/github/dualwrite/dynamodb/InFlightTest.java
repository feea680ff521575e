package io.github.dualwrite.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class InFlightTest {

    private final List<CompletableFuture<Integer>> started = new ArrayList<>();

    private static List<Integer> numbers(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    private CompletableFuture<Integer> start(Integer element) {
        CompletableFuture<Integer> call = new CompletableFuture<>();
        started.add(call);
        return call;
    }

    @Test
    void neverMoreThanTheLimitAreInFlight() {
        CompletableFuture<List<Integer>> all = InFlight.run(numbers(10), 3, this::start, (e, a, x) -> e * 10);

        assertThat(started).hasSize(3);
        started.get(1).complete(1);
        assertThat(started).hasSize(4);
        for (int i = 0; i < 10; i++) {
            started.get(i).complete(i);
        }
        assertThat(all).isCompletedWithValue(List.of(0, 10, 20, 30, 40, 50, 60, 70, 80, 90));
    }

    @Test
    void callsThatEndAtOnceDoNotGrowTheStack() {
        int count = 200_000;

        CompletableFuture<List<Integer>> all =
                InFlight.run(numbers(count), 2, CompletableFuture::completedFuture, (e, a, x) -> e);

        assertThat(all.join()).isEqualTo(numbers(count));
    }

    @Test
    @Tag("DW-4")
    void cancellingStopsStartingAndAbortsWhatIsInFlight() {
        CompletableFuture<List<Integer>> all = InFlight.run(numbers(10), 3, this::start, (e, a, x) -> e);
        started.get(0).complete(0);

        all.cancel(true);

        assertThat(started).hasSize(4);
        assertThat(started.subList(1, 4)).allMatch(CompletableFuture::isCancelled);
    }

    @Test
    void failureIsSettledLikeAnAnswer() {
        CompletableFuture<List<String>> all = InFlight.run(
                numbers(3),
                2,
                e -> e == 1
                        ? CompletableFuture.<Integer>failedFuture(new IllegalStateException())
                        : CompletableFuture.completedFuture(e),
                (e, a, x) -> x == null ? "ok" : "failed");

        assertThat(all).isCompletedWithValue(List.of("ok", "failed", "ok"));
    }

    @Test
    void callThatThrowsIsSettledToo() {
        CompletableFuture<List<String>> all = InFlight.<Integer, Integer, String>run(
                numbers(2),
                2,
                e -> {
                    throw new IllegalArgumentException();
                },
                (e, a, x) -> String.valueOf(x));

        assertThat(all.join()).allMatch(s -> s.contains("IllegalArgumentException"));
    }

    @Test
    void settlementThatThrowsEndsTheWhole() {
        CompletableFuture<List<Integer>> all = InFlight.run(numbers(5), 2, this::start, (e, a, x) -> {
            throw new IllegalStateException("enough");
        });
        started.get(0).complete(0);

        assertThatThrownBy(() -> all.orTimeout(5, TimeUnit.SECONDS).join()).hasMessageContaining("enough");
        assertThat(started).hasSize(2);
        assertThat(started.get(1)).isCancelled();
    }

    @Test
    void nothingToDoIsDone() {
        assertThat(InFlight.run(numbers(0), 1, this::start, (e, a, x) -> e)).isCompletedWithValue(List.of());
    }
}
