package io.github.dualwrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Micrometer is an optional dependency. */
class WithoutMicrometerTest {

    @Test
    void theLibraryWorksWithoutIt() throws Exception {
        URL[] without = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).getFileName().toString().contains("micrometer"))
                .map(WithoutMicrometerTest::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(without, ClassLoader.getPlatformClassLoader())) {
            Object program = loader.loadClass(WithoutMicrometer.class.getName())
                    .getConstructor()
                    .newInstance();
            assertThat(program).isNotInstanceOf(WithoutMicrometer.class);
            assertThat(((Callable<?>) program).call()).isEqualTo("true a plain none");
        }
        assertThat(new WithoutMicrometer().call())
                .as("the test itself has it")
                .isEqualTo("true a plain io.micrometer.core.instrument.MeterRegistry");
    }

    private static URL url(String entry) {
        try {
            return new File(entry).toURI().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }
}
