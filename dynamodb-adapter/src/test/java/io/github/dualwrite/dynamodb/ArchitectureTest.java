package io.github.dualwrite.dynamodb;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

    private static final String OWN = "io.github.dualwrite.dynamodb";

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(OWN);

    private static DescribedPredicate<JavaClass> oursBut(String... packages) {
        return DescribedPredicate.describe(
                "are ours, but not in " + List.of(packages),
                (JavaClass c) -> c.getPackageName().startsWith("io.github.dualwrite")
                        && !List.of(packages).contains(c.getPackageName()));
    }

    @Test
    void adapterSeesOnlyTheApiAndTheSpi() {
        noClasses()
                .should()
                .dependOnClassesThat(oursBut("io.github.dualwrite", "io.github.dualwrite.spi", OWN))
                .check(classes);
    }

    /** That would hold up virtual threads, and everybody who wants in. */
    @Test
    void nothingIsSynchronized() {
        noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(classes);
    }
}
