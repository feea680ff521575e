package io.github.dualwrite.routing;

import io.github.dualwrite.spi.Normalized;
import io.github.dualwrite.spi.RecordShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The shapes of record classes, each found once. */
final class Components {

    private static final ClassValue<Components> ALL = new ClassValue<>() {
        @Override
        protected Components computeValue(Class<?> type) {
            return new Components(RecordShape.of(type));
        }
    };

    private final RecordShape<?> shape;

    private Components(RecordShape<?> shape) {
        this.shape = shape;
    }

    /** Whether values of a class are compared by their components. */
    static boolean areRecords(Class<?> type) {
        return type.isRecord() && !Normalized.class.isAssignableFrom(type);
    }

    static Components of(Class<?> type) {
        return ALL.get(type);
    }

    List<RecordShape.Component> all() {
        return shape.components();
    }

    List<@Nullable Object> valuesIn(Object record) {
        List<@Nullable Object> values = new ArrayList<>(all().size());
        for (RecordShape.Component component : all()) {
            values.add(component.valueIn(record));
        }
        return values;
    }
}
