package io.github.dualwrite.dynamodb;

import io.github.dualwrite.spi.MappingException;

/** A value that cannot be stored, or was found stored, in an attribute. The message names the attribute, never the value. */
final class AttributeException extends MappingException {

    private static final long serialVersionUID = 1L;

    private final String path;
    private final String problem;

    AttributeException(String problem) {
        this("", problem);
    }

    private AttributeException(String path, String problem) {
        super(path.isEmpty() ? problem : "attribute " + path + " " + problem);
        this.path = path;
        this.problem = problem;
    }

    /** The same problem, seen from the attribute that contains this one. */
    AttributeException in(String outer) {
        String separator = path.isEmpty() || path.startsWith("[") ? "" : ".";
        return new AttributeException(outer + separator + path, problem);
    }
}
