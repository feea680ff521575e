package io.github.dualwrite.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Loads the library and the simulation once more, with some classes from a directory instead. */
final class BrokenWorld extends ClassLoader {

    private final Path directory;

    BrokenWorld(Path directory) {
        super(BrokenWorld.class.getClassLoader());
        this.directory = directory;
    }

    /** The simulation of that world. */
    MutantSearch search() throws ReflectiveOperationException {
        return (MutantSearch) loadClass("io.github.dualwrite.simulation.MutantSearch$InThisWorld")
                .getDeclaredConstructor()
                .newInstance();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.github.dualwrite.") || name.equals(MutantSearch.class.getName())) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] code = code(name.replace('.', '/') + ".class");
                if (code == null) {
                    throw new ClassNotFoundException(name);
                }
                loaded = defineClass(name, code, 0, code.length);
            }
            return loaded;
        }
    }

    private byte @Nullable [] code(String file) {
        try {
            Path broken = directory.resolve(file);
            if (Files.exists(broken)) {
                return Files.readAllBytes(broken);
            }
            try (InputStream good = getParent().getResourceAsStream(file)) {
                return good == null ? null : good.readAllBytes();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
