package io.github.dualwrite.spi;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The components of a Java record, for adapters that map records by convention: how to take a record apart and how to put
 * one together. Immutable and safe for use by many threads.
 */
public final class RecordShape<V> {

    private static final MethodType ACCESSOR = MethodType.methodType(Object.class, Object.class);
    private static final MethodType CONSTRUCTOR = MethodType.methodType(Object.class, Object[].class);

    /** One component of a record. */
    public static final class Component {
        private final String name;
        private final String snakeCaseName;
        private final Type type;
        private final MethodHandle accessor;

        private Component(String name, Type type, MethodHandle accessor) {
            this.name = name;
            this.snakeCaseName = snakeCase(name);
            this.type = type;
            this.accessor = accessor.asType(ACCESSOR);
        }

        /** The component's name in Java. */
        public String name() {
            return name;
        }

        /** The name in snake case: {@code lastOrderAt} becomes {@code last_order_at}. */
        public String snakeCaseName() {
            return snakeCaseName;
        }

        /** The component's generic type. */
        public Type type() {
            return type;
        }

        /** Whether the component is of a primitive type and cannot hold {@code null}. */
        public boolean primitive() {
            return type instanceof Class<?> c && c.isPrimitive();
        }

        /** The component's value in a record. */
        public @Nullable Object valueIn(Object record) {
            try {
                return (Object) accessor.invokeExact(record);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("accessor " + name + "() failed", e);
            }
        }
    }

    /** The JVM compiles code for each method handle that is much used, so there is one for each class and no more. */
    private static final ClassValue<RecordShape<?>> SHAPES = new ClassValue<>() {
        @Override
        protected RecordShape<?> computeValue(Class<?> type) {
            return read(type);
        }
    };

    private final Class<V> type;
    private final List<Component> components;
    private final MethodHandle constructor;

    private RecordShape(Class<V> type, List<Component> components, MethodHandle constructor) {
        this.type = type;
        this.components = components;
        this.constructor = constructor.asType(CONSTRUCTOR);
    }

    /**
     * The shape of a record class, which need not be public.
     *
     * @throws IllegalArgumentException if the class is not a record or is closed to reflection
     */
    @SuppressWarnings("unchecked") // it was read of this class
    public static <V> RecordShape<V> of(Class<V> type) {
        return (RecordShape<V>) SHAPES.get(type);
    }

    private static <V> RecordShape<V> read(Class<V> type) {
        RecordComponent[] declared = type.getRecordComponents();
        if (declared == null) {
            throw new IllegalArgumentException(
                    type.getName() + " is not a Java record; map it column by column or by hand instead");
        }
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            List<Component> components = new ArrayList<>();
            for (RecordComponent component : declared) {
                component.getAccessor().setAccessible(true);
                components.add(new Component(
                        component.getName(), component.getGenericType(), lookup.unreflect(component.getAccessor())));
            }
            Constructor<V> canonical = type.getDeclaredConstructor(
                    Arrays.stream(declared).map(RecordComponent::getType).toArray(Class<?>[]::new));
            canonical.setAccessible(true);
            MethodHandle constructor =
                    lookup.unreflectConstructor(canonical).asSpreader(Object[].class, declared.length);
            return new RecordShape<>(type, List.copyOf(components), constructor);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "record " + type.getName()
                            + " cannot be read by reflection; open its package to io.github.dualwrite",
                    e);
        }
    }

    /** The record class. */
    public Class<V> type() {
        return type;
    }

    /** The components in the order of their declaration. */
    public List<Component> components() {
        return components;
    }

    /**
     * Puts a record together.
     *
     * @param values one for each component, in their order
     * @throws IllegalArgumentException if a value is {@code null} where the component is primitive, or if the record's
     *     constructor refuses the values
     */
    @SuppressWarnings("unchecked")
    public V construct(@Nullable Object[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] == null && components.get(i).primitive()) {
                throw new MappingException("component " + components.get(i).name() + " of " + type.getName()
                        + " is primitive and cannot hold a stored null; use a wrapper type");
            }
        }
        try {
            return (V) (Object) constructor.invokeExact(values);
        } catch (Throwable e) { // an AssertionError too is the record's way to refuse
            if (e instanceof VirtualMachineError fatal && !(e instanceof StackOverflowError)) {
                throw fatal;
            }
            throw new MappingException("the constructor of " + type.getName() + " refused stored values", e);
        }
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
                .replaceAll("([A-Z]+)([A-Z][a-z])", "$1_$2")
                .toLowerCase(Locale.ROOT);
    }
}
