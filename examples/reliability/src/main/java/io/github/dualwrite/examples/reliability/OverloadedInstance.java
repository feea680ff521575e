package io.github.dualwrite.examples.reliability;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.spi.QueueStatistics;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * An application that writes at a steady rate in asynchronous mode, with the default settings of the library. Does what single words on
 * its standard input say and answers each with one line.
 */
final class OverloadedInstance {

    private static final int THREADS = 2;
    private static final int ROOM = 200_000;

    private final DualWriteRepository<String, Entry> repository;
    private final Latencies latencies = new Latencies(ROOM);
    private final int keys;
    private final long nanosPerWrite;
    private volatile boolean paused = true;
    private volatile boolean ended;

    private OverloadedInstance(DualWriteRepository<String, Entry> repository, int rate, int keys) {
        this.repository = repository;
        this.keys = keys;
        this.nanosPerWrite = 1_000_000_000L * THREADS / rate;
    }

    /** Arguments: writes per second, number of keys, place. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        Place place = Place.of(words.subList(2, words.size()));
        try (HikariDataSource pool = place.pool(8);
                DynamoDbAsyncClient client = place.client();
                DualWriteRepository<String, Entry> repository = DualWriteRepository.builder(
                                place.table(), place.primary(pool), place.secondary(client))
                        .secondaryMode(SecondaryMode.ASYNCHRONOUS)
                        .build();
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            OverloadedInstance instance =
                    new OverloadedInstance(repository, Integer.parseInt(words.get(0)), Integer.parseInt(words.get(1)));
            Thread[] threads = new Thread[THREADS];
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                threads[i] = new Thread(() -> instance.write(number), "writer-" + i);
                threads[i].start();
            }
            for (String word = in.readLine(); word != null; word = in.readLine()) {
                System.out.println(instance.answer(word));
            }
            instance.ended = true;
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private String answer(String word) {
        return switch (word) {
            case "write" -> {
                paused = false;
                yield "writing";
            }
            case "pause" -> {
                paused = true;
                yield "paused";
            }
            case "clear" -> {
                latencies.clear();
                yield "cleared";
            }
            case "latencies" -> latencies.summary();
            case "sample" -> sample();
            case "depth" -> "depth=" + repository.reconciler().statistics().depth();
            default -> throw new IllegalArgumentException(word);
        };
    }

    private String sample() {
        System.gc(); // what is left is what is kept
        long used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        QueueStatistics queue = repository.reconciler().statistics();
        return "heap_kb=" + used / 1024 + " threads="
                + ManagementFactory.getThreadMXBean().getThreadCount() + " depth=" + queue.depth();
    }

    private void write(int number) {
        SplittableRandom random = new SplittableRandom(number);
        long written = 0;
        long next = System.nanoTime();
        while (!ended) {
            long wait = next - System.nanoTime();
            if (wait > 0 || paused) {
                LockSupport.parkNanos(Math.max(wait, 1_000_000));
                next = paused ? System.nanoTime() : next;
                continue;
            }
            next += nanosPerWrite;
            Entry entry = Entry.of("key" + random.nextInt(keys), "w" + number + "." + ++written, random);
            long begin = System.nanoTime();
            try {
                repository.save(entry);
                latencies.took(System.nanoTime() - begin);
            } catch (RuntimeException e) {
                latencies.failed();
            }
        }
    }
}
