package io.github.dualwrite.broken;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Loads the library and its tests once more, with some classes from a directory instead. */
public final class BrokenLibrary extends ClassLoader {

    private final Path directory;

    public BrokenLibrary(Path directory) {
        super(BrokenLibrary.class.getClassLoader());
        this.directory = directory;
    }

    /**
     * A new object of a class that works with the broken library.
     *
     * @param type a type of the JDK: those of the library are others here
     */
    public <T> T make(String className, Class<T> type) throws ReflectiveOperationException {
        return type.cast(loadClass(className).getDeclaredConstructor().newInstance());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.github.dualwrite.")) {
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
