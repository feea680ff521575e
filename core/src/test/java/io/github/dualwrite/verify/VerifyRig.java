package io.github.dualwrite.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.fake.Recorder;
import io.github.dualwrite.fake.Rig;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.testkit.Sample;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Two stores in memory whose calls a test can get between. */
final class VerifyRig implements AutoCloseable {

    /** Gets between a call and its store. */
    @FunctionalInterface
    interface Hook {
        @Nullable
        Object call(String method, @Nullable Object[] arguments, Real real) throws Throwable;
    }

    @FunctionalInterface
    interface Real {
        @Nullable
        Object call() throws Throwable;
    }

    static final Hook NONE = (method, arguments, real) -> real.call();

    final InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
    final InMemoryStore<String, Sample> secondary = InMemoryStore.keyedBy(Sample::id);
    final Recorder events = new Recorder();
    final FakeClock clock = new FakeClock();
    volatile Hook authorityCalls = NONE;
    volatile Hook followerCalls = NONE;
    volatile Hook queueCalls = NONE;
    UnaryOperator<RecordScan<String, Sample>> authorityScan = scan -> scan;
    UnaryOperator<RecordScan<String, Sample>> followerScan = scan -> scan;
    private final List<DualWriteRepository<String, Sample>> opened = new ArrayList<>();

    DualWriteRepositoryBuilder<String, Sample> builder() {
        AuthorityStore<String, Sample> authority = context -> {
            Authority<String, Sample> real = primary.openAuthority(context);
            return hooked(Authority.class, real, (method, arguments, call) -> switch (method) {
                case "scan" -> Optional.of(authorityScan.apply(real.scan().orElseThrow()));
                case "queue" ->
                    hooked(
                            ReconciliationQueue.class,
                            real.queue(),
                            (called, with, queue) -> queueCalls.call(called, with, queue));
                default -> authorityCalls.call(method, arguments, call);
            });
        };
        FollowerStore<String, Sample> follower = context -> {
            Follower<String, Sample> real = secondary.openFollower(context);
            return hooked(
                    Follower.class,
                    real,
                    (method, arguments, call) -> method.equals("scan")
                            ? Optional.of(followerScan.apply(real.scan().orElseThrow()))
                            : followerCalls.call(method, arguments, call));
        };
        return DualWriteRepository.builder("rig", authority, follower)
                .secondaryTimeout(Duration.ofSeconds(20))
                .grace(Duration.ofSeconds(21))
                .reconcilerSettings(Rig.quickly()
                        .batchTimeout(Duration.ofSeconds(20))
                        .lease(Duration.ofSeconds(40))
                        .build())
                .reconcileInBackground(false)
                .listener(events);
    }

    DualWriteRepository<String, Sample> open(DualWriteRepositoryBuilder<String, Sample> builder) {
        DualWriteRepository<String, Sample> repository = builder.build();
        opened.add(repository);
        return repository;
    }

    DualWriteRepository<String, Sample> open() {
        return open(builder());
    }

    static VerificationSettings.Builder<String, Sample> settings() {
        return VerificationSettings.<String, Sample>builder().readTimeout(Duration.ofSeconds(20));
    }

    Verification<String, Sample> verification(
            DualWriteRepository<String, Sample> repository, VerificationSettings.Builder<String, Sample> settings) {
        return repository.verification(settings.build()).withClock(clock);
    }

    VerificationReport<String> verify(VerificationSettings.Builder<String, Sample> settings)
            throws InterruptedException {
        return verification(open(), settings).run();
    }

    VerificationReport<String> verify() throws InterruptedException {
        return verify(settings());
    }

    static List<Sample> samples(int count) {
        return IntStream.range(0, count).mapToObj(i -> Sample.of("k" + i, i)).toList();
    }

    /** Stored through the library, and on both sides. */
    DualWriteRepository<String, Sample> seeded(int count) {
        DualWriteRepository<String, Sample> repository = open();
        repository.saveAll(samples(count));
        confirmed();
        return repository;
    }

    /** Waits until nothing is pending: confirmations come a little after the writes. */
    void confirmed() {
        Rig.eventually(() -> assertThat(primary.pending("rig")).isZero());
    }

    /** Writes past the library. */
    static Authority<String, Sample> byHand(InMemoryStore<String, Sample> store) {
        return store.openAuthority(new StoreContext("by hand", Duration.ZERO));
    }

    static <T> T hooked(Class<? super T> type, T real, Hook hook) {
        Object proxy = Proxy.newProxyInstance(
                VerifyRig.class.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> hook.call(
                        method.getName(),
                        arguments == null ? new Object[0] : arguments,
                        () -> call(method, real, arguments)));
        @SuppressWarnings("unchecked")
        T typed = (T) proxy;
        return typed;
    }

    private static @Nullable Object call(Method method, Object real, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            method.setAccessible(true);
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    static RecordScan<String, Sample> hooked(RecordScan<String, Sample> real, Hook hook) {
        return hooked(RecordScan.class, real, hook);
    }

    @SuppressWarnings("unchecked")
    static Collection<String> keys(@Nullable Object[] arguments) {
        return (Collection<String>) Objects.requireNonNull(arguments[0]);
    }

    @Override
    public void close() {
        opened.forEach(DualWriteRepository::close);
    }
}
