package io.github.dualwrite.backfill;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.broken.ForwardingAuthority;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Two stores in memory with a clock of their own, and processes whose every step can be watched, and which can die. */
final class BackfillRig implements AutoCloseable {

    static final String NAME = "rig";
    static final Duration LEASE = Duration.ofMinutes(1);

    /** Moments of a page. */
    enum Step {
        AFTER_READ,
        BEFORE_STORE,
        AFTER_STORE,
        BEFORE_CHECKPOINT,
        AFTER_CHECKPOINT
    }

    /** The end of a process: nothing that it does after this reaches a store. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    private final InstantSource clock = now::get;
    final InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id, clock);
    final InMemoryStore<String, Sample> secondary = InMemoryStore.keyedBy(Sample::id, clock);
    private final List<Node> processes = new ArrayList<>();

    void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    /** Puts records into the authority as they were before dual writes: nothing is pending. */
    List<Sample> before(int count) {
        List<Sample> samples =
                IntStream.range(0, count).mapToObj(i -> Sample.of("k" + i, i)).toList();
        primary.openAuthority(new StoreContext("the time before", Duration.ZERO))
                .saveAll(samples);
        return samples;
    }

    JobStore jobs() {
        return primary.openAuthority(new StoreContext(NAME, Duration.ZERO))
                .jobs()
                .orElseThrow();
    }

    static BackfillSettings.Builder<Sample> quickly() {
        return BackfillSettings.<Sample>builder()
                .splits(4)
                .threads(1)
                .pageSize(5)
                .lease(LEASE)
                .pollInterval(Duration.ofMillis(10))
                .initialBackoff(Duration.ofMillis(10))
                .maxBackoff(Duration.ofMillis(20))
                .maxDelay(Duration.ofMillis(20))
                .writesCaptured(() -> true);
    }

    Node process() {
        return process(builder -> builder);
    }

    Node process(UnaryOperator<DualWriteRepositoryBuilder<String, Sample>> with) {
        Node process = new Node(with);
        processes.add(process);
        return process;
    }

    @Override
    public void close() {
        processes.forEach(process -> process.repository.close());
    }

    /** A repository whose calls can be watched and changed. */
    final class Node {

        final Recorder events = new Recorder();
        final ConcurrentLinkedQueue<String> stored = new ConcurrentLinkedQueue<>();
        private volatile BiConsumer<Step, List<String>> hook = (step, keys) -> {};
        private volatile @Nullable Function<ScanPage.Scanned<String, Sample>, @Nullable ApplyResult> verdict;
        private volatile Function<ScanPage<String, Sample>, ScanPage<String, Sample>> pages = page -> page;
        private volatile boolean dead;

        /** How many more calls of the follower hang without an answer. */
        final AtomicInteger hanging = new AtomicInteger();

        final ConcurrentLinkedQueue<Integer> sizes = new ConcurrentLinkedQueue<>();
        final DualWriteRepository<String, Sample> repository;

        private Node(UnaryOperator<DualWriteRepositoryBuilder<String, Sample>> with) {
            AuthorityStore<String, Sample> from = context -> watched(primary.openAuthority(context));
            FollowerStore<String, Sample> to = context -> watched(secondary.openFollower(context));
            repository = with.apply(DualWriteRepository.builder(NAME, from, to)
                            .reconcileInBackground(false)
                            .listener(events))
                    .build();
        }

        Backfill<String, Sample> backfill() {
            return repository.backfill(quickly().build());
        }

        /** Runs at each step of each page, with the page's keys where they are known. */
        void at(BiConsumer<Step, List<String>> hook) {
            this.hook = hook;
        }

        /** Decides what the follower says to a record; {@code null} to do it. */
        void follower(@Nullable Function<ScanPage.Scanned<String, Sample>, @Nullable ApplyResult> verdict) {
            this.verdict = verdict;
        }

        /** Changes what a scan reads. */
        void pages(Function<ScanPage<String, Sample>, ScanPage<String, Sample>> pages) {
            this.pages = pages;
        }

        void kill() {
            dead = true;
            repository.close();
            throw new Killed();
        }

        private void alive() {
            if (dead) {
                throw new Killed();
            }
        }

        private void step(Step step, List<String> keys) {
            alive();
            hook.accept(step, keys);
            alive();
        }

        private Authority<String, Sample> watched(Authority<String, Sample> good) {
            return new ForwardingAuthority(good) {
                @Override
                public Optional<RecordScan<String, Sample>> scan() {
                    RecordScan<String, Sample> scan = inner.scan().orElseThrow();
                    return Optional.of(forwarding(RecordScan.class, (method, arguments) -> {
                        alive();
                        Object answer = call(method, scan, arguments);
                        if (answer instanceof ScanPage<?, ?>) {
                            @SuppressWarnings("unchecked")
                            ScanPage<String, Sample> page = pages.apply((ScanPage<String, Sample>) answer);
                            step(Step.AFTER_READ, keys(page.records()));
                            return page;
                        }
                        return answer;
                    }));
                }

                @Override
                public Optional<JobStore> jobs() {
                    JobStore jobs = inner.jobs().orElseThrow();
                    return Optional.of(forwarding(JobStore.class, (method, arguments) -> {
                        boolean checkpoint = method.getName().equals("checkpoint");
                        if (checkpoint) {
                            step(Step.BEFORE_CHECKPOINT, List.of());
                        }
                        alive();
                        Object answer = call(method, jobs, arguments);
                        if (checkpoint) {
                            step(Step.AFTER_CHECKPOINT, List.of());
                        }
                        return answer;
                    }));
                }
            };
        }

        private Follower<String, Sample> watched(Follower<String, Sample> good) {
            Baseline<String, Sample> baseline = good.baseline().orElseThrow();
            return forwarding(
                    Follower.class,
                    (method, arguments) -> method.getName().equals("baseline")
                            ? Optional.of((Baseline<String, Sample>) records -> store(baseline, records))
                            : call(method, good, arguments));
        }

        private CompletableFuture<List<ApplyResult>> store(
                Baseline<String, Sample> baseline, List<ScanPage.Scanned<String, Sample>> records) {
            step(Step.BEFORE_STORE, keys(records));
            sizes.add(records.size());
            if (hanging.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                return new CompletableFuture<>();
            }
            List<ApplyResult> results = new ArrayList<>();
            for (ScanPage.Scanned<String, Sample> record : records) {
                ApplyResult said = verdict == null ? null : verdict.apply(record);
                if (said == null) {
                    stored.add(record.key());
                    said = baseline.store(List.of(record)).join().get(0);
                }
                results.add(said);
            }
            step(Step.AFTER_STORE, keys(records));
            return CompletableFuture.completedFuture(results);
        }
    }

    private static List<String> keys(List<ScanPage.Scanned<String, Sample>> records) {
        return records.stream().map(ScanPage.Scanned::key).toList();
    }

    interface Answer {
        @Nullable
        Object to(Method method, Object[] arguments) throws Throwable;
    }

    @SuppressWarnings("unchecked")
    static <T> T forwarding(Class<? super T> type, Answer answer) {
        return (T) Proxy.newProxyInstance(
                BackfillRig.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method, arguments));
    }

    static @Nullable Object call(Method method, Object good, Object[] arguments) throws Throwable {
        try {
            method.setAccessible(true);
            return method.invoke(good, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    Map<String, Sample> onFollower() {
        return secondary.records();
    }
}
