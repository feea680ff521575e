package io.github.dualwrite.routing;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Routes in a small file that a person or a deployment edits, one entry for each repository:
 *
 * <pre>
 * customers=secondary 25% shadow 1%          (properties)
 * {"customers": "secondary 25% shadow 1%"}   (JSON: one object of strings)
 * </pre>
 *
 * <p>The file is opened and read anew at each refresh. That sees every way of changing it on every file system: in place, by a
 * rename over it, by a symbolic link that is swapped as in a mounted configuration map.
 *
 * <p>A file that is being written must not be taken for a whole one: {@code secondary 25%} cut short may be {@code secondary}.
 * So a properties file has to end with a line break that no backslash continues, and JSON has its closing brace. A file that is missing, cut short,
 * malformed or without an entry for the repository is a failure: the last good route stays. Immutable; safe for use by many
 * threads.
 */
public final class ReadRouteFile implements ReadRouteSource {

    private static final int LARGEST = 1 << 20;
    private static final String BYTE_ORDER_MARK = "\ufeff"; // some editors put it before a text

    /** Reads the entries of a whole file. */
    @FunctionalInterface
    private interface Format {
        Map<String, String> entries(String text) throws IOException;
    }

    private final Path file;
    private final String kind;
    private final Format format;

    private ReadRouteFile(Path file, String kind, Format format) {
        this.file = Objects.requireNonNull(file, "file");
        this.kind = kind;
        this.format = format;
    }

    /** A properties file in UTF-8, with the repositories' names as keys. */
    public static ReadRouteFile properties(Path file) {
        return new ReadRouteFile(file, "properties file ", ReadRouteFile::propertiesIn);
    }

    /** A JSON file. */
    public static ReadRouteFile json(Path file) {
        return new ReadRouteFile(file, "JSON file ", FlatJson::read);
    }

    @Override
    public ReadRoute route(String repository) throws IOException {
        Map<String, String> entries;
        try {
            entries = format.entries(text());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(description() + ": " + e.getMessage(), e);
        }
        String route = entries.get(repository);
        if (route == null) {
            throw new IllegalStateException(description() + " has no entry for repository '" + repository
                    + "'; it has entries for " + entries.keySet());
        }
        return TextReadRoute.parse(description() + ", entry '" + repository + "'", route);
    }

    private String text() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new IllegalArgumentException("it is larger than " + LARGEST + " bytes");
            }
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        }
    }

    private static Map<String, String> propertiesIn(String text) throws IOException {
        if (!text.endsWith("\n") && !text.endsWith("\r")) {
            throw new IllegalArgumentException(
                    "it does not end with a line break, so it may be half written; end it with one");
        }
        if (isContinued(text)) {
            throw new IllegalArgumentException(
                    "its last line ends with a backslash, so it may be half written; end it with a whole line");
        }
        Properties properties = new Properties() {
            @Override
            public synchronized Object put(Object name, Object value) {
                if (containsKey(name)) {
                    throw new IllegalArgumentException("entry '" + name + "' is there twice");
                }
                return super.put(name, value);
            }
        };
        properties.load(new StringReader(text));
        Map<String, String> entries = new TreeMap<>();
        properties.stringPropertyNames().forEach(name -> entries.put(name, properties.getProperty(name)));
        return entries;
    }

    /** Whether the last line is to go on in one that is not there; two backslashes are one that is part of the value. */
    private static boolean isContinued(String text) {
        int end = text.endsWith("\r\n") ? text.length() - 2 : text.length() - 1;
        int start = end;
        while (start > 0 && text.charAt(start - 1) == '\\') {
            start--;
        }
        return (end - start) % 2 == 1;
    }

    @Override
    public String description() {
        return kind + file;
    }
}
