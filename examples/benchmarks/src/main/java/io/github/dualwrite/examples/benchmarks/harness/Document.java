package io.github.dualwrite.examples.benchmarks.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A document that holds the results of a run between two marks. */
public final class Document {

    private static final String BEGIN = "<!-- results: begin -->\n";
    private static final String END = "<!-- results: end -->";

    private Document() {}

    /** Puts the results in the place of those that the document holds. */
    public static void replace(Path document, String markdown) throws IOException {
        String text = Files.readString(document);
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new IllegalArgumentException(document + " has no lines '" + BEGIN.strip() + "' and '" + END + "'");
        }
        Files.writeString(
                document, text.substring(0, begin + BEGIN.length()) + "\n" + markdown + "\n" + text.substring(end));
    }
}
