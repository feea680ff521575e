package io.github.dualwrite.examples.livemigration;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A command line taken apart: {@code --name value}, {@code --name=value}, {@code --flag}.
 *
 * @param values by name, without dashes
 * @param flags names, without dashes
 */
record Arguments(Map<String, String> values, Set<String> flags) {

    static Arguments of(List<String> arguments, List<String> valueNames, List<String> flagNames) {
        Map<String, String> values = new HashMap<>();
        Set<String> flags = new HashSet<>();
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            String argument = rest.pop();
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            String bare = name.startsWith("--") ? name.substring(2) : "";
            if (flagNames.contains(bare)) {
                if (equals >= 0) {
                    throw new UsageException(name + " takes no value");
                }
                flags.add(bare);
            } else if (valueNames.contains(bare)) {
                if (equals < 0 && (rest.isEmpty() || rest.getFirst().startsWith("--"))) {
                    throw new UsageException(name + " needs a value");
                }
                if (values.put(bare, equals < 0 ? rest.pop() : argument.substring(equals + 1)) != null) {
                    throw new UsageException(name + " is given twice");
                }
            } else {
                throw new UsageException("there is no option " + name + "; --help shows those that there are");
            }
        }
        return new Arguments(Map.copyOf(values), Set.copyOf(flags));
    }

    /** A number in its bounds, or the default. */
    long number(String name, long otherwise, long least, long most) {
        String text = values.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) { // the message below says it all
        }
        throw new UsageException("--" + name + " must be a number from " + least + " to " + most + ", not " + text);
    }

    /** A value that must be there. */
    String required(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new UsageException("--" + name + " is missing");
        }
        return value;
    }
}
