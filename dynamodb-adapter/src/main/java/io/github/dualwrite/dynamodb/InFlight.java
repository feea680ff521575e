package io.github.dualwrite.dynamodb;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes an asynchronous call for each element of a list, a bounded number at once, without blocking a thread. However many
 * calls end at once, the stack does not grow.
 *
 * <p>Cancelling the result starts no further call and cancels those in flight. So does a call whose outcome cannot be settled.
 */
final class InFlight<T, A, R> {

    /** Makes a result of an answer or an error; what it throws ends the whole. */
    @FunctionalInterface
    interface Settlement<T, A, R> {
        R settle(T element, @Nullable A answer, @Nullable Throwable error);
    }

    private final List<T> elements;
    private final int limit;
    private final Function<T, ? extends CompletableFuture<? extends A>> call;
    private final Settlement<T, A, R> settlement;

    private final CompletableFuture<List<R>> result = new CompletableFuture<>();
    private final AtomicReferenceArray<R> results;
    private final Map<Integer, CompletableFuture<? extends A>> calls = new ConcurrentHashMap<>();
    private final AtomicInteger active = new AtomicInteger();
    private final AtomicInteger settled = new AtomicInteger();
    private final AtomicInteger turns = new AtomicInteger();
    private int next; // guarded by the turn

    private InFlight(
            List<T> elements,
            int limit,
            Function<T, ? extends CompletableFuture<? extends A>> call,
            Settlement<T, A, R> settlement) {
        this.elements = elements;
        this.limit = limit;
        this.call = call;
        this.settlement = settlement;
        this.results = new AtomicReferenceArray<>(elements.size());
    }

    /**
     * Runs the calls.
     *
     * @return one result for each element, in their order
     */
    static <T, A, R> CompletableFuture<List<R>> run(
            List<T> elements,
            int limit,
            Function<T, ? extends CompletableFuture<? extends A>> call,
            Settlement<T, A, R> settlement) {
        if (elements.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        InFlight<T, A, R> run = new InFlight<>(elements, limit, call, settlement);
        CompletableFuture<?> unused = run.result.whenComplete((results, error) -> {
            if (error != null) {
                run.calls.values().forEach(each -> each.cancel(true));
            }
        });
        run.startMore();
        return run.result;
    }

    /** One thread starts calls; others that come meanwhile, or the same one from inside a call, only ask it for another turn. */
    private void startMore() {
        if (turns.getAndIncrement() != 0) {
            return;
        }
        int taken = 1;
        do {
            while (next < elements.size() && active.get() < limit && !result.isDone()) {
                start(next++);
            }
            taken = turns.addAndGet(-taken);
        } while (taken != 0);
    }

    private void start(int index) {
        active.incrementAndGet();
        CompletableFuture<? extends A> started;
        try {
            started = call.apply(elements.get(index));
        } catch (Throwable e) { // whatever it is, the future must end
            started = CompletableFuture.failedFuture(e);
        }
        CompletableFuture<? extends A> future = started;
        calls.put(index, future);
        CompletableFuture<?> unused = future.whenComplete((answer, error) -> {
            calls.remove(index);
            settle(index, answer, error);
        });
        if (result.isDone()) {
            future.cancel(true); // the result was cancelled while this call was being started
        }
    }

    private void settle(int index, @Nullable A answer, @Nullable Throwable error) {
        if (result.isDone()) {
            return;
        }
        try {
            results.set(index, settlement.settle(elements.get(index), answer, error));
        } catch (Throwable e) { // whatever it is, the future must end
            result.completeExceptionally(e);
            return;
        }
        active.decrementAndGet();
        if (settled.incrementAndGet() == elements.size()) {
            List<R> all = new ArrayList<>(elements.size());
            for (int i = 0; i < elements.size(); i++) {
                all.add(results.get(i));
            }
            result.complete(all);
        } else {
            startMore();
        }
    }
}
