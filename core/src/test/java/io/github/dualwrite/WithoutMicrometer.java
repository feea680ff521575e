package io.github.dualwrite;

import io.github.dualwrite.event.DualWriteListener;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.testkit.Sample;
import java.util.concurrent.Callable;

/** What an application does that has no Micrometer; to be loaded by a class loader that has none. */
public final class WithoutMicrometer implements Callable<String> {

    @Override
    public String call() throws Exception {
        for (Class<?> touched : new Class<?>[] {
            DualWriteRepository.class, DualWriteRepositoryBuilder.class, RepositoryWatch.class, DualWriteListener.class
        }) {
            if (touched.getMethods().length == 0) { // frameworks look at signatures, which loads every class in them
                throw new IllegalStateException(touched.getName());
            }
        }
        InMemoryStore<String, Sample> primary = InMemoryStore.keyedBy(Sample::id);
        InMemoryStore<String, Sample> secondary = InMemoryStore.keyedBy(Sample::id);
        try (DualWriteRepository<String, Sample> repository = DualWriteRepository.builder("plain", primary, secondary)
                .listener(new DualWriteListener() {})
                .build()) {
            boolean applied = repository.save(Sample.of("a", 1)).secondaryApplied();
            String read = repository.read("a").orElseThrow().id();
            return applied + " " + read + " " + repository.health().repository() + " " + micrometer();
        }
    }

    private static String micrometer() {
        try {
            return Class.forName("io.micrometer.core.instrument.MeterRegistry").getName();
        } catch (ClassNotFoundException e) {
            return "none";
        }
    }
}
