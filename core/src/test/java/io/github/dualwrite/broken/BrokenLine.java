package io.github.dualwrite.broken;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A line of the library itself that is broken on purpose: the source of its class is changed and compiled.
 *
 * @param file below {@code io/github/dualwrite}
 * @param line what is replaced, and must be there exactly once
 * @param broken what it is replaced with
 */
public record BrokenLine(String file, String line, String broken) {

    /** Compiles the broken class. */
    public void compileInto(Path directory) throws IOException {
        Path source = Path.of("src/main/java/io/github/dualwrite").resolve(file);
        String text = Files.readString(source);
        int at = text.indexOf(line);
        if (at < 0 || text.indexOf(line, at + 1) >= 0) {
            throw new IllegalStateException(
                    "this must be adapted: " + source + " does not have exactly one '" + line + "'");
        }
        Path changed = directory.resolve("source").resolve(source.getFileName());
        Files.createDirectories(changed.getParent());
        Files.writeString(changed, text.replace(line, broken));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-proc:none", "-nowarn", "-d", directory.toString(), "-cp", System.getProperty("java.class.path"));
            if (!compiler.getTask(errors, files, null, options, null, files.getJavaFileObjects(changed))
                    .call()) {
                throw new IllegalStateException("it does not compile: " + errors);
            }
        }
    }
}
