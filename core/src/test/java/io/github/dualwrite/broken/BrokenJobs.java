package io.github.dualwrite.broken;

import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Baseline;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.Job;
import io.github.dualwrite.spi.JobStore;
import io.github.dualwrite.spi.Lease;
import io.github.dualwrite.spi.RecordScan;
import io.github.dualwrite.spi.ScanPage;
import io.github.dualwrite.spi.SplitProgress;
import io.github.dualwrite.spi.StoreContext;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.BaselineContract;
import io.github.dualwrite.testkit.JobStoreContract;
import io.github.dualwrite.testkit.Sample;
import io.github.dualwrite.testkit.ScanContract;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Scans, baselines and job stores with one flaw each. Not found by the test run; {@link ContractKitTest} runs them. */
final class BrokenJobs {

    private static final StoreContext CONTEXT = new StoreContext("kit", Duration.ZERO);

    private BrokenJobs() {}

    /** Loses the last record of each page that is not a split's last. */
    static class ScanLosesTheLastOfAPage extends ScanContract {

        private final InMemoryStore<String, Sample> data = InMemoryStore.keyedBy(Sample::id);

        @Override
        protected RecordScan<String, Sample> scan() {
            RecordScan<String, Sample> good = data.openAuthority(CONTEXT).scan().orElseThrow();
            return forwarding(RecordScan.class, good, (method, arguments) -> {
                Object answer = call(method, good, arguments);
                if (answer instanceof ScanPage<?, ?> page && page.next() != null) {
                    return new ScanPage<>(
                            page.records().subList(0, page.records().size() - 1),
                            page.unreadable(),
                            page.bytes(),
                            page.next());
                }
                return answer;
            });
        }

        @Override
        protected void store(Collection<Sample> records) {
            data.openAuthority(CONTEXT).saveAll(records);
        }

        @Override
        protected void delete(Collection<String> keys) {
            data.openAuthority(CONTEXT).deleteAll(keys);
        }

        @Override
        protected Optional<String> storeUnreadable() {
            return Optional.empty();
        }
    }

    /** A baseline made of a flawed idea, on a good follower. */
    abstract static class OnBaseline extends BaselineContract {

        private final InMemoryStore<String, Sample> data = InMemoryStore.keyedBy(Sample::id);

        abstract ApplyResult store(
                Follower<String, Sample> good, Baseline<String, Sample> baseline, ScanPage.Scanned<String, Sample> one);

        @Override
        protected FollowerStore<String, Sample> store() {
            return context -> {
                Follower<String, Sample> good = data.openFollower(context);
                Baseline<String, Sample> baseline = good.baseline().orElseThrow();
                Baseline<String, Sample> flawed = records -> {
                    List<ApplyResult> results = new ArrayList<>();
                    records.forEach(one -> results.add(store(good, baseline, one)));
                    return CompletableFuture.completedFuture(results);
                };
                return forwarding(Follower.class, good, (method, arguments) -> {
                    if (method.getName().equals("baseline")) {
                        return Optional.of(flawed);
                    }
                    return call(method, good, arguments);
                });
            };
        }

        @Override
        protected void storeByOtherMeans(Sample record) {
            data.openAuthority(new StoreContext("another", Duration.ZERO)).save(record);
        }

        @Override
        protected Optional<Sample> rejectedSample() {
            return Optional.empty();
        }

        static ApplyResult first(CompletableFuture<List<ApplyResult>> results) {
            return results.join().get(0);
        }
    }

    static class BaselineOverwrites extends OnBaseline {
        @Override
        ApplyResult store(
                Follower<String, Sample> good,
                Baseline<String, Sample> baseline,
                ScanPage.Scanned<String, Sample> one) {
            return first(good.apply(List.of(new VersionedRecord<>(one.key(), Long.MAX_VALUE - 1, one.value()))));
        }
    }

    /** Looks for a record only: a tombstone is no record. */
    static class BaselineIgnoresTombstones extends OnBaseline {
        @Override
        ApplyResult store(
                Follower<String, Sample> good,
                Baseline<String, Sample> baseline,
                ScanPage.Scanned<String, Sample> one) {
            if (good.read(one.key()).join().isPresent()) {
                return ApplyResult.superseded();
            }
            storeByOtherMeans(one.value());
            return ApplyResult.applied();
        }
    }

    abstract static class OnJobs extends JobStoreContract {

        private final InMemoryStore<String, Sample> data = InMemoryStore.keyedBy(Sample::id);

        abstract JobStore flawed(JobStore good);

        @Override
        protected JobStore open(String repository) {
            return flawed(data.openAuthority(new StoreContext(repository, Duration.ZERO))
                    .jobs()
                    .orElseThrow());
        }

        @Override
        protected Duration patience() {
            return Duration.ofSeconds(2);
        }
    }

    static class GivesASplitTwice extends OnJobs {
        @Override
        JobStore flawed(JobStore good) {
            return forwarding(JobStore.class, good, (method, arguments) -> {
                Object answer = call(method, good, arguments);
                if (method.getName().equals("claim")) {
                    ((Optional<?>) answer)
                            .ifPresent(split ->
                                    good.release(((Job) arguments[0]).name(), ((SplitProgress) split).number(), (Lease)
                                            arguments[1]));
                }
                return answer;
            });
        }
    }

    /** Notes whatever comes, whoever holds the split. */
    static class ChecksNoLease extends OnJobs {
        @Override
        JobStore flawed(JobStore good) {
            Map<Integer, Lease> holders = new ConcurrentHashMap<>();
            return forwarding(JobStore.class, good, (method, arguments) -> {
                if (method.getName().equals("checkpoint")) {
                    SplitProgress progress = (SplitProgress) arguments[1];
                    Lease holder = holders.get(progress.number());
                    return call(
                            method, good, new Object[] {arguments[0], progress, holder == null ? arguments[2] : holder
                            });
                }
                Object answer = call(method, good, arguments);
                if (method.getName().equals("claim")) {
                    ((Optional<?>) answer)
                            .ifPresent(split -> holders.put(((SplitProgress) split).number(), (Lease) arguments[1]));
                }
                return answer;
            });
        }
    }

    private interface Answer {
        Object to(java.lang.reflect.Method method, Object[] arguments) throws Throwable;
    }

    @SuppressWarnings("unchecked")
    private static <T> T forwarding(Class<? super T> type, T good, Answer answer) {
        return (T) Proxy.newProxyInstance(
                good.getClass().getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> answer.to(method, arguments));
    }

    private static Object call(java.lang.reflect.Method method, Object good, Object[] arguments) throws Throwable {
        try {
            return method.invoke(good, arguments);
        } catch (java.lang.reflect.InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
