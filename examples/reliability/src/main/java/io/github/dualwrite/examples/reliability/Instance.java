package io.github.dualwrite.examples.reliability;

import com.zaxxer.hikari.HikariDataSource;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.DualWriteRepositoryBuilder;
import io.github.dualwrite.SecondaryMode;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.backfill.BackfillException;
import io.github.dualwrite.backfill.BackfillSettings;
import io.github.dualwrite.routing.ReadRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;

/**
 * An instance of the application, in a process of its own that is there to be killed. Says what it does on its standard output and
 * ends when its standard input does: at its parent's wish or death.
 */
final class Instance {

    private static final int THREADS = 2;
    private static final Duration BACKFILL_LEASE = Duration.ofSeconds(3);

    private final Role role;
    private final Settings settings;
    private final Mouth mouth;
    private final CountDownLatch ended = new CountDownLatch(1);

    private Instance(Role role, Settings settings, Mouth mouth) {
        this.role = role;
        this.settings = settings;
        this.mouth = mouth;
    }

    /** Arguments: role, name, life, seed, rate, number of old records, sabotage, place. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        Settings settings = new Settings(
                Long.parseLong(words.get(3)),
                1,
                Duration.ZERO,
                0,
                Integer.parseInt(words.get(4)),
                Integer.parseInt(words.get(5)),
                Sabotage.valueOf(words.get(6)));
        Mouth mouth = new Mouth(words.get(1), Integer.parseInt(words.get(2)));
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            mouth.unexpected(error); // whichever thread it ends, nobody else would hear of it
            error.printStackTrace();
        });
        Instance instance = new Instance(Role.valueOf(words.get(0)), settings, mouth);
        instance.endWithInput();
        instance.run(Place.of(words.subList(7, words.size())));
    }

    private void endWithInput() {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            Thread.onSpinWait();
                        }
                    } catch (IOException e) { // as good as its end
                        Thread.onSpinWait();
                    }
                    ended.countDown();
                },
                "input");
        thread.setDaemon(true);
        thread.start();
    }

    private void run(Place place) throws InterruptedException {
        try (HikariDataSource pool = place.pool(6);
                DynamoDbAsyncClient client = place.client()) {
            DualWriteRepositoryBuilder<String, Entry> builder = place.repository(pool, client, settings.sabotage())
                    .secondaryMode(
                            role == Role.ASYNCHRONOUS_WRITER ? SecondaryMode.ASYNCHRONOUS : SecondaryMode.SYNCHRONOUS)
                    .reconcileInBackground(role == Role.RECONCILER || role == Role.SYNCHRONOUS_WRITER)
                    .readRoute(ReadRoute.parse(role == Role.SYNCHRONOUS_WRITER ? "secondary 50%" : "secondary"));
            while (ended.getCount() > 0) {
                try (DualWriteRepository<String, Entry> repository = builder.build()) {
                    mouth.say(new Line.Said(mouth.process(), "open"));
                    work(repository, pool);
                    return;
                } catch (TransientStoreException e) { // PostgreSQL is down or cut off: the application starts again
                    ended.await(200, TimeUnit.MILLISECONDS);
                }
            }
        }
    }

    private void work(DualWriteRepository<String, Entry> repository, HikariDataSource pool)
            throws InterruptedException {
        switch (role) {
            case SYNCHRONOUS_WRITER, ASYNCHRONOUS_WRITER, READER -> {
                Thread[] threads = new Thread[THREADS];
                for (int i = 0; i < THREADS; i++) {
                    SplittableRandom random = new SplittableRandom(settings.seed() * THREADS + i);
                    Caller caller = new Caller(repository, mouth, new Keys(settings.old()), random);
                    Runnable step = role == Role.READER ? caller::read : new Writer(caller, repository, pool)::step;
                    threads[i] = new Thread(() -> paced(step), "caller-" + i);
                    threads[i].start();
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                mouth.answered(repository.readStatistics());
            }
            case RECONCILER -> ended.await();
            case BACKFILL -> {
                backfill(repository);
                ended.await();
            }
        }
    }

    private void paced(Runnable step) {
        long nanos = TimeUnit.SECONDS.toNanos(1) / settings.rate();
        try {
            while (!ended.await(nanos, TimeUnit.NANOSECONDS)) {
                step.run();
            }
        } catch (InterruptedException e) { // nobody interrupts it
            Thread.currentThread().interrupt();
        }
    }

    private void backfill(DualWriteRepository<String, Entry> repository) throws InterruptedException {
        BackfillSettings<Entry> pages = BackfillSettings.<Entry>builder()
                .pageSize(20)
                .threads(2)
                .rowsPerSecond(settings.rate() * 2.0)
                .lease(BACKFILL_LEASE)
                .batchTimeout(Duration.ofSeconds(2))
                .build();
        while (ended.getCount() > 0) {
            try {
                if (repository.backfill(pages).run(Duration.ofSeconds(2)).complete()) {
                    mouth.say(new Line.Said(mouth.process(), "copied"));
                    return;
                }
            } catch (BackfillException | TransientStoreException e) { // the authority is away for longer: again
                ended.await(200, TimeUnit.MILLISECONDS);
            }
        }
    }
}
