package io.github.dualwrite.fake;

import com.sun.management.ThreadMXBean;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.ReadStatistics;
import io.github.dualwrite.WriteResult;
import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.routing.ReadRoute;
import io.github.dualwrite.routing.ShadowSettings;
import io.github.dualwrite.testkit.Sample;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Reads without end, all of them shadowed: of some every shadow read is taken, of others every one is shed, because what compares
 * is held. Tells what the reading thread allocated for a read, early and late, and how much the heap has grown. Is
 * also a program, for a library that is broken on purpose.
 */
public final class ShadowedLoad {

    /** Before each figure that the program prints. */
    public static final String FIGURE = "bytes of a read ";

    private static final int WINDOWS = 6;
    private static final int BATCH = 1000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final String[] keys =
            IntStream.range(0, 100).mapToObj(i -> "key-" + i).toArray(String[]::new);
    private final LongAdder compared = new LongAdder();
    private volatile CountDownLatch held = new CountDownLatch(0);
    private long due;
    private String statistics = "";

    /**
     * In bytes: a read of either kind, early and late, and what the heap has grown by for a thousand reads; of several such times the
     * median, as what others have left in the heap may go at one of them.
     */
    public Map<String, Long> apply(int readsInAWindow) {
        ShadowSettings settings =
                ShadowSettings.builder().threads(2).queueSize(2 * BATCH).build();
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder(
                        "load", primary, InMemoryStore.keyedBy(Sample::id))
                .readRoute(ReadRoute.parse("primary shadow 100%"))
                .shadowSettings(settings)
                .comparator((authority, follower) -> compare())
                .listener(new DualWriteListener() {}) // or no events would be made
                .build()) {
            for (String key : keys) {
                WriteResult<String, Sample> unused = repository.save(Sample.of(key, 1));
            }
            Map<String, Long> bytes = windows(repository, readsInAWindow, settings.threads() + settings.queueSize());
            statistics = repository.readStatistics().toString();
            return bytes;
        }
    }

    /** What became of the reads. */
    public String statistics() {
        return statistics;
    }

    /** Prints what it finds, with so many reads in a window. */
    public static void main(String[] arguments) {
        new ShadowedLoad()
                .apply(Integer.parseInt(arguments[0]))
                .forEach((what, bytes) -> System.out.println(FIGURE + what + "=" + bytes));
    }

    private Map<String, Long> windows(DualWriteRepository<String, Sample> repository, int reads, int room) {
        Map<String, Long> bytes = new TreeMap<>();
        List<Long> grown = new ArrayList<>();
        long heap = 0;
        for (int window = 0; window < WINDOWS; window++) {
            String when = window == 1 ? "early" : "late"; // the first is for warming up
            bytes.put("taken, " + when, taken(repository, reads));
            bytes.put("shed, " + when, shed(repository, reads, room));
            long now = bytesInUse();
            grown.add(now - heap);
            heap = now;
        }
        List<Long> eachTime = grown.subList(1, WINDOWS).stream().sorted().toList();
        bytes.put("kept of 1000", eachTime.get((WINDOWS - 1) / 2) * 1000 / (2L * reads));
        return bytes;
    }

    /** Fewer at a time than there is room for. */
    private long taken(DualWriteRepository<String, Sample> repository, int reads) {
        long lost = lost(repository);
        long bytes = 0;
        for (int done = 0; done < reads; done += BATCH) {
            bytes += read(repository, BATCH);
            due += BATCH;
            awaitCompared();
        }
        require(lost(repository) == lost, "a shadow read was shed", repository);
        return bytes / reads;
    }

    /** More than there is room for, while none of those is finished; the places of the last that were may still get free. */
    private long shed(DualWriteRepository<String, Sample> repository, int reads, int room) {
        long lost = lost(repository);
        held = new CountDownLatch(1);
        try {
            long unusedFill = read(repository, room);
            long bytes = read(repository, reads) / reads;
            long shed = lost(repository) - lost;
            due += room + reads - shed;
            require(shed >= reads - BATCH, "more than a few shadow reads were taken", repository);
            return bytes;
        } finally {
            held.countDown();
            awaitCompared();
        }
    }

    private long read(DualWriteRepository<String, Sample> repository, int reads) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < reads; i++) {
            if (repository.read(keys[i % keys.length]).isEmpty()) {
                throw new IllegalStateException("a record is not there");
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private Set<String> compare() {
        try {
            held.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        compared.increment();
        return Set.of();
    }

    private void awaitCompared() {
        long patience = System.nanoTime() + PATIENCE.toNanos();
        while (compared.sum() < due) {
            LockSupport.parkNanos(100_000);
            if (System.nanoTime() > patience) {
                throw new IllegalStateException("compared " + compared.sum() + " of " + due);
            }
        }
    }

    private static long lost(DualWriteRepository<String, Sample> repository) {
        ReadStatistics now = repository.readStatistics();
        return Stream.of(now.shadowsShed().values(), now.shadowFailures().values())
                .flatMap(Collection::stream)
                .mapToLong(Long::longValue)
                .sum();
    }

    private static void require(boolean holds, String otherwise, DualWriteRepository<String, Sample> repository) {
        if (!holds) {
            throw new IllegalStateException(otherwise + ": " + repository.readStatistics());
        }
    }

    private static long bytesInUse() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 2; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
