package io.github.dualwrite.examples.reliability;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a process tells the driver, one line each, before and after each call. A line that was cut off by a kill is none. */
sealed interface Line {

    /** Closes a line, so that half a number is not taken for a number. */
    String END = " .";

    /** A write is about to begin at this time; the tag is {@link Entry#ABSENT} for a delete. The operation names the write. */
    record Attempt(String operation, long nanos, String tag, List<String> keys) implements Line {
        @Override
        public String text() {
            return "I " + operation + " " + nanos + " " + tag + " " + String.join(",", keys);
        }
    }

    /** A write returned at this time; keys that it did not change have no version. */
    record Acknowledged(String operation, long nanos, Map<String, Long> versions) implements Line {
        @Override
        public String text() {
            return "A " + operation + " " + nanos + " "
                    + versions.entrySet().stream()
                            .map(e -> e.getKey() + "=" + e.getValue())
                            .collect(Collectors.joining(","));
        }
    }

    /** A write failed, and the error promises that nothing was written. */
    record Refused(String operation) implements Line {
        @Override
        public String text() {
            return "N " + operation;
        }
    }

    /** A write failed, and nobody knows whether it was committed. */
    record Unknown(String operation) implements Line {
        @Override
        public String text() {
            return "U " + operation;
        }
    }

    /** A read that began and ended at these times found this. */
    record Read(String process, long began, long ended, String key, String tag) implements Line {
        @Override
        public String text() {
            return "R " + process + " " + began + " " + ended + " " + key + " " + tag;
        }
    }

    /** A read failed with an error that it may fail with. */
    record ReadFailed(String process) implements Line {
        @Override
        public String text() {
            return "F " + process;
        }
    }

    /** How many reads by key each store has answered so far in this life of a process. */
    record Answered(String life, long byFollower, long byAuthority) implements Line {
        @Override
        public String text() {
            return "B " + life + " " + byFollower + " " + byAuthority;
        }
    }

    /** A read found a record whose columns do not belong together. */
    record Torn(String process, String key) implements Line {
        @Override
        public String text() {
            return "T " + process + " " + key;
        }
    }

    /** An error that no contract allows. */
    record Unexpected(String process, String what) implements Line {
        @Override
        public String text() {
            return "X " + process + " " + what.replaceAll("\\s+", "_");
        }
    }

    /** A process is ready to work, or has done all its work. */
    record Said(String process, String word) implements Line {
        @Override
        public String text() {
            return "S " + process + " " + word;
        }
    }

    /** Without {@link #END}. */
    String text();

    /** The process of an operation, without the number of its life. */
    static String processOf(String operation) {
        return operation.substring(0, operation.indexOf('.'));
    }

    /** Reads a line; empty if it has no end. */
    static Optional<Line> parse(String line) {
        if (!line.endsWith(END)) {
            return Optional.empty();
        }
        String[] words = line.substring(0, line.length() - END.length()).split(" ", -1);
        return Optional.of(
                switch (words[0]) {
                    case "I" -> new Attempt(words[1], Long.parseLong(words[2]), words[3], list(words[4]));
                    case "A" -> new Acknowledged(words[1], Long.parseLong(words[2]), versions(list(words[3])));
                    case "N" -> new Refused(words[1]);
                    case "U" -> new Unknown(words[1]);
                    case "R" ->
                        new Read(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]), words[4], words[5]);
                    case "B" -> new Answered(words[1], Long.parseLong(words[2]), Long.parseLong(words[3]));
                    case "F" -> new ReadFailed(words[1]);
                    case "T" -> new Torn(words[1], words[2]);
                    case "X" -> new Unexpected(words[1], words[2]);
                    case "S" -> new Said(words[1], words[2]);
                    default -> throw new IllegalArgumentException("a process said: " + line);
                });
    }

    private static List<String> list(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(","));
    }

    private static Map<String, Long> versions(Collection<String> pairs) {
        Map<String, Long> versions = new HashMap<>();
        for (String pair : new ArrayList<>(pairs)) {
            int equals = pair.indexOf('=');
            versions.put(pair.substring(0, equals), Long.valueOf(pair.substring(equals + 1)));
        }
        return versions;
    }
}
