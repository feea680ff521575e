package io.github.dualwrite;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** The names that an application can use, read from the sources of the library and its adapters. */
final class PublicApi {

    private static final List<Path> SOURCES = Stream.of("core", "postgres-adapter", "dynamodb-adapter")
            .map(module -> Path.of("..", module, "src", "main", "java"))
            .toList();

    /**
     * A type by its simple name.
     *
     * @param arities how many parameters its methods of a name take; a negative number: the last of so many is variable
     * @param names of its fields, constants and nested types
     */
    private record Type(Map<String, Set<Integer>> arities, Set<String> names, List<String> supertypes) {}

    private final Map<String, Type> types = new HashMap<>();

    private PublicApi() {}

    static PublicApi read() throws IOException {
        PublicApi api = new PublicApi();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) compiler.getTask(
                    null, files, null, List.of("-proc:none"), null, files.getJavaFileObjectsFromPaths(sources()));
            for (CompilationUnitTree unit : task.parse()) {
                for (Tree tree : unit.getTypeDecls()) {
                    if (tree instanceof ClassTree type) {
                        api.add("", type);
                    }
                }
            }
        }
        return api;
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (Path module : SOURCES) {
            try (Stream<Path> files = Files.walk(module)) {
                files.filter(file -> file.toString().endsWith(".java"))
                        .filter(file -> !file.toString().contains("internal"))
                        .forEach(sources::add);
            }
        }
        return sources;
    }

    private void add(String outer, ClassTree tree) {
        List<String> supertypes = new ArrayList<>();
        tree.getImplementsClause().forEach(each -> supertypes.add(simple(each)));
        if (tree.getExtendsClause() != null) {
            supertypes.add(simple(tree.getExtendsClause()));
        }
        Type type = types.computeIfAbsent(
                outer + tree.getSimpleName(), name -> new Type(new HashMap<>(), new HashSet<>(), supertypes));
        boolean all = tree.getKind() == Tree.Kind.INTERFACE || tree.getKind() == Tree.Kind.ANNOTATION_TYPE;
        for (Tree member : tree.getMembers()) {
            if (member instanceof MethodTree method
                    && (all || method.getModifiers().getFlags().contains(Modifier.PUBLIC))) {
                boolean open = !method.getParameters().isEmpty()
                        && method.getParameters()
                                .get(method.getParameters().size() - 1)
                                .toString()
                                .contains("...");
                arities(type, method.getName().toString())
                        .add(
                                open
                                        ? -method.getParameters().size()
                                        : method.getParameters().size());
            } else if (member instanceof VariableTree field) {
                type.names().add(field.getName().toString());
                if (tree.getKind() == Tree.Kind.RECORD) {
                    arities(type, field.getName().toString()).add(0);
                }
            } else if (member instanceof ClassTree nested) {
                type.names().add(nested.getSimpleName().toString());
                add(outer + tree.getSimpleName() + ".", nested);
            }
        }
    }

    private static Set<Integer> arities(Type type, String method) {
        return type.arities().computeIfAbsent(method, name -> new HashSet<>());
    }

    private static String simple(Tree type) {
        return type.toString().replaceAll("<.*", "").replaceAll(".*\\.", "");
    }

    boolean hasType(String type) {
        return types.containsKey(type);
    }

    /**
     * Whether there is such a method.
     *
     * @param type of which; {@code null} for any
     * @param arguments how many; negative if that is not said
     */
    boolean hasMethod(@Nullable String type, String method, int arguments) {
        if (type == null) {
            return types.keySet().stream().anyMatch(each -> hasMethod(each, method, arguments));
        }
        Type known = types.get(type);
        if (known == null) {
            return false;
        }
        Set<Integer> arities = known.arities().getOrDefault(method, Set.of());
        return (arguments < 0 && !arities.isEmpty())
                || arities.contains(arguments)
                || arities.stream().anyMatch(arity -> arity < 0 && arguments >= -arity - 1)
                || known.supertypes().stream().anyMatch(each -> hasMethod(each, method, arguments));
    }

    /** Whether something of this name can be told of a type: a method, a constant, a nested type, or a setting of its builder. */
    boolean hasName(String type, String name) {
        Type known = types.get(type);
        return known != null
                && (known.names().contains(name)
                        || hasMethod(type, name, -1)
                        || hasMethod(type + ".Builder", name, -1));
    }
}
