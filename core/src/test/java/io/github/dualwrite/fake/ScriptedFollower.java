package io.github.dualwrite.fake;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.AppliedVersions;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A follower in memory that can hang, fail, throw, lie and forget to answer. */
public final class ScriptedFollower implements FollowerStore<String, Sample>, Follower<String, Sample> {

    /** What becomes of an apply; the second argument does it for real. */
    public interface Script {
        CompletableFuture<List<ApplyResult>> apply(
                List<VersionedRecord<String, Sample>> records, Supplier<CompletableFuture<List<ApplyResult>>> real);
    }

    public static final Script WORKS = (records, real) -> real.get();
    public static final Script HANGS = (records, real) -> new CompletableFuture<>();

    /** Takes effect, but the answer is lost. */
    public static final Script LOSES_ANSWERS = (records, real) -> {
        real.get().join();
        return new CompletableFuture<>();
    };

    private final Follower<String, Sample> real;
    private volatile Script script = WORKS;
    private volatile Supplier<CompletableFuture<Void>> check = () -> CompletableFuture.completedFuture(null);
    private volatile Supplier<String> description = () -> "scripted follower";
    private volatile boolean readsHang;
    private volatile @Nullable Throwable readFailure;
    private volatile Runnable beforeReads = () -> {};
    private volatile Runnable afterReads = () -> {};
    private volatile UnaryOperator<Map<String, @Nullable Sample>> readAll = UnaryOperator.identity();
    private volatile Consumer<Collection<? extends String>> beforeReadAll = keys -> {};
    private volatile boolean mayBlock;
    private volatile int batchLimit = Integer.MAX_VALUE;

    public final AtomicInteger applyCalls = new AtomicInteger();
    public final AtomicInteger readCalls = new AtomicInteger();
    public final ConcurrentLinkedQueue<VersionedRecord<String, Sample>> applied = new ConcurrentLinkedQueue<>();
    public final ConcurrentLinkedQueue<Integer> batchSizes = new ConcurrentLinkedQueue<>();

    public ScriptedFollower(InMemoryStore<String, Sample> data) {
        this.real = data.openFollower(new StoreContext("data", Duration.ZERO));
    }

    public static Script fails(Throwable failure) {
        return (records, real) -> CompletableFuture.failedFuture(failure);
    }

    public static Script answers(ApplyResult result) {
        return (records, real) -> CompletableFuture.completedFuture(
                records.stream().map(r -> result).toList());
    }

    /** Rejects these keys for good and takes the others. */
    public static Script rejects(String key) {
        return (records, real) -> real.get()
                .thenApply(results -> records.stream()
                        .map(r -> r.key().equals(key)
                                ? ApplyResult.permanentFailure("too large: split it", null)
                                : ApplyResult.applied())
                        .toList());
    }

    /** Fails in the call itself. */
    public static Script throwing(Function<String, ? extends Error> error) {
        return (records, real) -> {
            throw error.apply("thrown by the follower");
        };
    }

    /** Says that its calls can hold the calling thread. */
    public void saysThatItMayBlock() {
        mayBlock = true;
    }

    @Override
    public boolean mayBlock() {
        return mayBlock;
    }

    /** Says how many records a call should have at the most. */
    public void saysItsBatchLimit(int limit) {
        batchLimit = limit;
    }

    @Override
    public int batchLimit() {
        return batchLimit;
    }

    public void now(Script next) {
        script = next;
    }

    public void readsHang(boolean hang) {
        readsHang = hang;
    }

    /** Lets reads fail with this; {@code null} for no more. */
    public void readsFail(@Nullable Throwable failure) {
        readFailure = failure;
    }

    /** Runs on the thread that reads. */
    public void beforeReads(Runnable task) {
        beforeReads = task;
    }

    /** Runs on the thread that reads when the answer is taken, and has not yet been given. */
    public void afterReads(Runnable task) {
        afterReads = task;
    }

    /** Gives what becomes of the answer of a read of several. */
    public void readsOfSeveralGive(UnaryOperator<Map<String, @Nullable Sample>> answer) {
        readAll = answer;
    }

    /** Is told for which keys a read of several asks. */
    public void beforeReadAll(Consumer<Collection<? extends String>> task) {
        beforeReadAll = task;
    }

    private <T> CompletableFuture<T> answer(Supplier<CompletableFuture<T>> answer) {
        readCalls.incrementAndGet();
        beforeReads.run();
        Throwable failure = readFailure;
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        if (readsHang) {
            return new CompletableFuture<>();
        }
        CompletableFuture<T> taken = answer.get();
        afterReads.run();
        return taken;
    }

    public void isDescribedBy(Supplier<String> next) {
        description = next;
    }

    public void checkGives(Supplier<CompletableFuture<Void>> next) {
        check = next;
    }

    @Override
    public Follower<String, Sample> openFollower(StoreContext context) {
        return this;
    }

    @Override
    public String description() {
        return description.get();
    }

    @Override
    public CompletableFuture<Void> check() {
        return check.get();
    }

    @Override
    public CompletableFuture<List<ApplyResult>> apply(List<VersionedRecord<String, Sample>> records) {
        applyCalls.incrementAndGet();
        batchSizes.add(records.size());
        return script.apply(records, () -> {
            applied.addAll(records);
            return real.apply(records);
        });
    }

    @Override
    public Optional<AppliedVersions<String>> appliedVersions() {
        return real.appliedVersions();
    }

    @Override
    public CompletableFuture<Optional<Sample>> read(String key) {
        return answer(() -> real.read(key));
    }

    @Override
    public CompletableFuture<Map<String, Sample>> readAll(Collection<? extends String> keys) {
        beforeReadAll.accept(keys);
        return answer(() -> real.readAll(keys).thenApply(readAll));
    }
}
