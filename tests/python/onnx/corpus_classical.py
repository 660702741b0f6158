"""Estimators of scikit-learn, XGBoost and LightGBM, exported by skl2onnx and onnxmltools."""

import warnings

import numpy as np

warnings.filterwarnings("ignore")


def rows(count=60, columns=6, seed=0):
    return np.random.default_rng(seed).normal(size=(count, columns)).astype(np.float32)


X = rows()
TWO = (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(np.int64)
THREE = np.digitize(X[:, 0] + 0.5 * X[:, 3], [-0.5, 0.5]).astype(np.int64)
REAL = (X[:, 0] * 2 - X[:, 1] + np.sin(X[:, 2])).astype(np.float32)
COUNTS = np.random.default_rng(1).integers(0, 5, size=X.shape).astype(np.float32)
HOLES = np.where(np.random.default_rng(2).random(X.shape) < 0.15, np.nan, X).astype(np.float32)
CATEGORIES = np.random.default_rng(3).integers(0, 4, size=(60, 3)).astype(np.int64)


def estimators():
    """(name, fitted estimator, example rows)."""
    from sklearn import (calibration, cluster, compose, cross_decomposition, decomposition, discriminant_analysis,
                         ensemble, feature_selection, gaussian_process, impute, kernel_approximation, linear_model,
                         mixture, model_selection, multiclass, multioutput, naive_bayes, neighbors, neural_network, pipeline,
                         preprocessing, random_projection, svm, tree)

    lm, en, pp = linear_model, ensemble, preprocessing
    two = {
        "LogisticRegression": lm.LogisticRegression(), "SGDClassifier": lm.SGDClassifier(loss="log_loss", random_state=0),
        "SGDClassifier_hinge": lm.SGDClassifier(random_state=0), "Perceptron": lm.Perceptron(),
        "RidgeClassifier": lm.RidgeClassifier(), "PassiveAggressive": lm.SGDClassifier(loss="hinge", penalty=None, random_state=0),
        "LinearSVC": svm.LinearSVC(), "SVC_rbf": svm.SVC(), "SVC_probability": svm.SVC(probability=True, random_state=0),
        "SVC_poly": svm.SVC(kernel="poly", degree=2, coef0=1), "SVC_linear": svm.SVC(kernel="linear"),
        "SVC_sigmoid": svm.SVC(kernel="sigmoid"), "NuSVC": svm.NuSVC(probability=True, random_state=0),
        "KNeighbors": neighbors.KNeighborsClassifier(3), "NearestCentroid": neighbors.NearestCentroid(),
        "DecisionTree": tree.DecisionTreeClassifier(max_depth=4, random_state=0),
        "RandomForest": en.RandomForestClassifier(8, max_depth=4, random_state=0),
        "ExtraTrees": en.ExtraTreesClassifier(8, max_depth=4, random_state=0),
        "GradientBoosting": en.GradientBoostingClassifier(n_estimators=6, random_state=0),
        "HistGradientBoosting": en.HistGradientBoostingClassifier(max_iter=6, random_state=0),
        "AdaBoost": en.AdaBoostClassifier(n_estimators=5, random_state=0),
        "Bagging": en.BaggingClassifier(n_estimators=4, random_state=0),
        "Voting_soft": en.VotingClassifier([("a", lm.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3))], voting="soft", flatten_transform=False),
        "Voting_hard": en.VotingClassifier([("a", lm.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3))], flatten_transform=False),
        "Stacking": en.StackingClassifier([("a", lm.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3))]),
        "MLPClassifier": neural_network.MLPClassifier((8,), max_iter=50, random_state=0),
        "GaussianNB": naive_bayes.GaussianNB(), "BernoulliNB": naive_bayes.BernoulliNB(),
        "LinearDiscriminant": discriminant_analysis.LinearDiscriminantAnalysis(),
        "QuadraticDiscriminant": discriminant_analysis.QuadraticDiscriminantAnalysis(),
        "Calibrated_sigmoid": calibration.CalibratedClassifierCV(lm.LogisticRegression(), cv=2),
        "Calibrated_isotonic": calibration.CalibratedClassifierCV(lm.LogisticRegression(), cv=2, method="isotonic"),
        "GaussianProcessClassifier": gaussian_process.GaussianProcessClassifier(),
    }
    for name, model in two.items():
        yield name, model.fit(X, TWO), X
    three = {
        "LogisticRegression_3": lm.LogisticRegression(), "LinearSVC_3": svm.LinearSVC(), "SVC_3": svm.SVC(),
        "SVC_3_probability": svm.SVC(probability=True, random_state=0), "KNeighbors_3": neighbors.KNeighborsClassifier(5, weights="distance"),
        "RandomForest_3": en.RandomForestClassifier(6, max_depth=4, random_state=0),
        "GradientBoosting_3": en.GradientBoostingClassifier(n_estimators=4, random_state=0),
        "HistGradientBoosting_3": en.HistGradientBoostingClassifier(max_iter=4, random_state=0),
        "AdaBoost_3": en.AdaBoostClassifier(n_estimators=5, random_state=0),
        "OneVsRest": multiclass.OneVsRestClassifier(lm.LogisticRegression()),
        "OneVsOne": multiclass.OneVsOneClassifier(lm.LogisticRegression()),
        "OneVsRest_SVC": multiclass.OneVsRestClassifier(svm.LinearSVC()),
        "MLPClassifier_3": neural_network.MLPClassifier((8,), max_iter=50, random_state=0),
        "GaussianNB_3": naive_bayes.GaussianNB(), "LinearDiscriminant_3": discriminant_analysis.LinearDiscriminantAnalysis(),
        "SGDClassifier_3": lm.SGDClassifier(loss="modified_huber", random_state=0),
        "RidgeClassifier_3": lm.RidgeClassifier(),
    }
    for name, model in three.items():
        yield name, model.fit(X, THREE), X
    for name, model in {
        "MultinomialNB": naive_bayes.MultinomialNB(), "ComplementNB": naive_bayes.ComplementNB(),
        "CategoricalNB": naive_bayes.CategoricalNB(),
    }.items():
        yield name, model.fit(COUNTS, THREE), COUNTS
    names = np.array(["low", "middle", "high"])
    yield "RandomForest_text", en.RandomForestClassifier(4, max_depth=3, random_state=0).fit(X, names[THREE]), X
    yield "LogisticRegression_text", lm.LogisticRegression().fit(X, names[THREE]), X
    real = {
        "LinearRegression": lm.LinearRegression(), "Ridge": lm.Ridge(), "Lasso": lm.Lasso(0.1),
        "ElasticNet": lm.ElasticNet(0.1), "SGDRegressor": lm.SGDRegressor(random_state=0), "BayesianRidge": lm.BayesianRidge(),
        "Huber": lm.HuberRegressor(), "Poisson": None, "ARD": lm.ARDRegression(), "RANSAC": lm.RANSACRegressor(random_state=0),
        "TheilSen": lm.TheilSenRegressor(random_state=0), "Lars": lm.Lars(),
        "SVR": svm.SVR(), "SVR_poly": svm.SVR(kernel="poly", degree=2), "LinearSVR": svm.LinearSVR(), "NuSVR": svm.NuSVR(kernel="linear"),
        "KNeighborsRegressor": neighbors.KNeighborsRegressor(4), "RadiusNeighbors": neighbors.RadiusNeighborsRegressor(3.0),
        "DecisionTreeRegressor": tree.DecisionTreeRegressor(max_depth=4, random_state=0),
        "RandomForestRegressor": en.RandomForestRegressor(8, max_depth=4, random_state=0),
        "ExtraTreesRegressor": en.ExtraTreesRegressor(8, max_depth=4, random_state=0),
        "GradientBoostingRegressor": en.GradientBoostingRegressor(n_estimators=6, random_state=0),
        "HistGradientBoostingRegressor": en.HistGradientBoostingRegressor(max_iter=6, random_state=0),
        "AdaBoostRegressor": en.AdaBoostRegressor(n_estimators=5, random_state=0),
        "BaggingRegressor": en.BaggingRegressor(n_estimators=4, random_state=0),
        "VotingRegressor": en.VotingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]),
        "StackingRegressor": en.StackingRegressor([("a", lm.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]),
        "MLPRegressor": neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=50, random_state=0),
        "GaussianProcess": gaussian_process.GaussianProcessRegressor(gaussian_process.kernels.RBF()),
        "PLS": cross_decomposition.PLSRegression(2),
        "Multi": multioutput.MultiOutputRegressor(lm.Ridge()),
    }
    for name, model in real.items():
        if name == "Poisson":
            yield name, lm.PoissonRegressor().fit(X, np.exp(REAL / 4)), X
        elif name == "Multi":
            yield name, model.fit(X, np.stack([REAL, -REAL], 1)), X
        else:
            yield name, model.fit(X, REAL), X
    fitted = {
        "OneClassSVM": svm.OneClassSVM(), "IsolationForest": en.IsolationForest(n_estimators=6, random_state=0),
        "LocalOutlierFactor": neighbors.LocalOutlierFactor(5, novelty=True),
        "KMeans": cluster.KMeans(3, random_state=0, n_init=1), "MiniBatchKMeans": cluster.MiniBatchKMeans(3, random_state=0, n_init=1),
        "GaussianMixture": mixture.GaussianMixture(2, random_state=0),
        "GaussianMixture_diag": mixture.GaussianMixture(2, covariance_type="diag", random_state=0),
        "PCA": decomposition.PCA(3), "PCA_whiten": decomposition.PCA(3, whiten=True), "TruncatedSVD": decomposition.TruncatedSVD(3, random_state=0),
        "IncrementalPCA": decomposition.IncrementalPCA(3), "KernelPCA": decomposition.KernelPCA(3, kernel="rbf"),
        "FastICA": decomposition.FastICA(3, random_state=0),
        "StandardScaler": pp.StandardScaler(), "MinMaxScaler": pp.MinMaxScaler(clip=True), "RobustScaler": pp.RobustScaler(),
        "MaxAbsScaler": pp.MaxAbsScaler(), "Normalizer": pp.Normalizer(), "Normalizer_l1": pp.Normalizer("l1"),
        "Normalizer_max": pp.Normalizer("max"),
        "Binarizer": pp.Binarizer(threshold=0.2), "Polynomial": pp.PolynomialFeatures(2),
        "Polynomial_interaction": pp.PolynomialFeatures(3, interaction_only=True),
        "KBins": pp.KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"),
        "KBins_onehot": pp.KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf"),
        "PowerTransformer": pp.PowerTransformer(), "Variance": feature_selection.VarianceThreshold(0.9),
        "Nystroem": kernel_approximation.Nystroem(n_components=5, random_state=0),
        "Pipeline": pipeline.make_pipeline(pp.StandardScaler(), decomposition.PCA(3), pp.Normalizer()),
    }
    for name, model in fitted.items():
        yield name, model.fit(X), X
    more = {
        "Quantile": lm.QuantileRegressor(), "Tweedie": lm.TweedieRegressor(), "LassoLars": lm.LassoLars(0.05), "OrthogonalPursuit": lm.OrthogonalMatchingPursuit(),
        "RidgeCV": lm.RidgeCV(), "ElasticNetCV": lm.ElasticNetCV(cv=2), "NuSVR_rbf": svm.NuSVR(), "SVR_sigmoid": svm.SVR(kernel="sigmoid"),
        "GridSearch": model_selection.GridSearchCV(tree.DecisionTreeRegressor(random_state=0), {"max_depth": [2, 3]}, cv=2),
        "RFE": feature_selection.RFE(lm.Ridge(), n_features_to_select=3), "SelectFromModel": feature_selection.SelectFromModel(lm.Lasso(0.1)),
        "Transformed": compose.TransformedTargetRegressor(lm.Ridge()), "ExtraTreeRegressor": tree.ExtraTreeRegressor(max_depth=3, random_state=0),
        "DeepForest": en.RandomForestRegressor(30, random_state=0), "PolynomialRidge": pipeline.make_pipeline(pp.PolynomialFeatures(2, include_bias=False), lm.Ridge()),
        "Pipeline_SVR": pipeline.make_pipeline(pp.RobustScaler(), decomposition.PCA(4), svm.SVR()),
    }
    for name, model in more.items():
        yield name, model.fit(X, REAL), X
    for name, model in {
        "Forest_targets": en.RandomForestRegressor(5, max_depth=3, random_state=0), "KNeighbors_targets": neighbors.KNeighborsRegressor(3),
        "MultiTaskLasso": lm.MultiTaskLasso(0.1), "MLP_targets": neural_network.MLPRegressor(hidden_layer_sizes=(6, 5), activation="tanh", max_iter=50, random_state=0),
        "RegressorChain": multioutput.RegressorChain(lm.Ridge()),
    }.items():
        yield name, model.fit(X, np.stack([REAL, REAL**2], 1)), X
    for name, model in {
        "Voting_3": en.VotingClassifier([("a", lm.LogisticRegression()), ("b", naive_bayes.GaussianNB())], voting="soft", weights=[1, 2], flatten_transform=False),
        "Stacking_3": en.StackingClassifier([("a", svm.SVC(random_state=0)), ("b", naive_bayes.GaussianNB())]), "ExtraTree": tree.ExtraTreeClassifier(max_depth=4, random_state=0),
        "OneVsRest_trees": multiclass.OneVsRestClassifier(tree.DecisionTreeClassifier(max_depth=3, random_state=0)),
        "QuadraticDiscriminant_3": discriminant_analysis.QuadraticDiscriminantAnalysis(), "Bagging_3": en.BaggingClassifier(svm.SVC(), n_estimators=3, random_state=0),
        "SVC_3_poly": svm.SVC(kernel="poly", probability=True, random_state=0), "SVC_3_one_rest": svm.SVC(decision_function_shape="ovr"),
        "MLP_logistic": neural_network.MLPClassifier((6, 5), activation="logistic", max_iter=50, random_state=0), "KNeighbors_manhattan": neighbors.KNeighborsClassifier(3, metric="manhattan"),
        "DeepForest_3": en.RandomForestClassifier(30, random_state=0), "LogisticRegressionCV": lm.LogisticRegressionCV(cv=2),
        "Imputed": pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), pp.StandardScaler(), lm.LogisticRegression()),
    }.items():
        yield name, model.fit(X, THREE), X
    mixed = compose.ColumnTransformer([("numbers", pipeline.make_pipeline(impute.SimpleImputer(), pp.StandardScaler()), [0, 1]),
                                       ("names", pp.OneHotEncoder(handle_unknown="ignore", sparse_output=False), [2, 3])])
    yield "ColumnTransformer_mixed", mixed.fit(COUNTS), COUNTS
    yield "ColumnBoosting", pipeline.make_pipeline(mixed, en.GradientBoostingClassifier(n_estimators=4, random_state=0)).fit(COUNTS, THREE), COUNTS
    yield "QuantileTransformer", pp.QuantileTransformer(n_quantiles=20).fit(X), X
    yield "RandomProjection", random_projection.GaussianRandomProjection(3, random_state=0).fit(X), X
    yield "SelectKBest", feature_selection.SelectKBest(k=3).fit(X, TWO), X
    yield "SimpleImputer", impute.SimpleImputer().fit(HOLES), HOLES
    yield "SimpleImputer_indicator", impute.SimpleImputer(strategy="median").fit(HOLES), HOLES
    yield "KNNImputer", impute.KNNImputer(n_neighbors=2).fit(HOLES), HOLES
    yield "HistGradientBoosting_holes", en.HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(HOLES, TWO), HOLES
    yield "OneHotEncoder", pp.OneHotEncoder(sparse_output=False).fit(CATEGORIES), CATEGORIES
    yield "OneHotEncoder_ignore", pp.OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(CATEGORIES), CATEGORIES + 1
    yield "OrdinalEncoder", pp.OrdinalEncoder().fit(CATEGORIES), CATEGORIES
    yield "TargetEncoder", pp.TargetEncoder(random_state=0).fit(CATEGORIES, REAL), CATEGORIES
    columns = compose.ColumnTransformer([("a", pp.StandardScaler(), [0, 1]), ("b", pp.MinMaxScaler(), [2, 3])], remainder="passthrough")
    yield "ColumnTransformer", columns.fit(X), X
    both = pipeline.Pipeline([("columns", columns), ("forest", en.RandomForestClassifier(4, max_depth=3, random_state=0))])
    yield "ColumnPipeline", both.fit(X, THREE), X
    union = pipeline.FeatureUnion([("pca", decomposition.PCA(2)), ("best", pp.StandardScaler())])
    yield "FeatureUnion", union.fit(X), X


def lists_for_arrays():
    """skl2onnx gives numpy's numbers to onnx, whose newer versions refuse them as attributes."""
    from onnx.helper import make_node
    from skl2onnx.common import _container

    def plain(value):
        if not isinstance(value, (np.ndarray, list)):
            return value
        items = [x.item() if isinstance(x, np.generic) else x for x in value]
        return [int(x) if isinstance(x, bool) else x for x in items]

    _container.make_node = lambda *words, **named: make_node(*words, **{key: plain(value) for key, value in named.items()})


def exported(model, example, opset=None, zipmap=True, **options):
    import skl2onnx
    import sklearn.base
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType

    lists_for_arrays()
    kind = Int64TensorType if example.dtype == np.int64 else FloatTensorType
    if sklearn.base.is_classifier(model) and not zipmap and type(model).__name__ != "LinearSVC":
        options = {**options, "options": {id(model): {"zipmap": False}}}
    if type(model).__name__ == "IsolationForest":
        opset = {"": 17, "ai.onnx.ml": 3}
    onx = skl2onnx.convert_sklearn(model, initial_types=[("X", kind([None, example.shape[1]]))], target_opset=opset, **options)
    return onx.SerializeToString()


def boosters(names=None):
    """(name, fitted booster, example rows) of XGBoost and LightGBM: all, or those that are named."""
    import lightgbm as lgb
    import xgboost as xgb

    common = {"n_estimators": 5, "max_depth": 3}
    for name, model, x, y in [
        ("xgb_binary", xgb.XGBClassifier(**common), X, TWO), ("xgb_multi", xgb.XGBClassifier(**common), X, THREE),
        ("xgb_holes", xgb.XGBClassifier(**common), HOLES, TWO), ("xgb_regressor", xgb.XGBRegressor(**common), X, REAL),
        ("xgb_base", xgb.XGBRegressor(**common, base_score=2.5), X, REAL),
        ("xgb_logistic_base", xgb.XGBClassifier(**common, base_score=0.3), X, TWO),
        ("xgb_poisson", xgb.XGBRegressor(**common, objective="count:poisson"), X, np.exp(REAL / 3)),
        ("xgb_gamma", xgb.XGBRegressor(**common, objective="reg:gamma"), X, np.exp(REAL / 3)),
        ("xgb_logistic_regression", xgb.XGBRegressor(**common, objective="reg:logistic"), X, TWO.astype(np.float32)),
        ("xgb_dart", xgb.XGBClassifier(**common, booster="dart"), X, TWO),
        ("xgb_forest", xgb.XGBRFClassifier(n_estimators=6, max_depth=3), X, TWO),
        ("xgb_forest_regressor", xgb.XGBRFRegressor(n_estimators=6, max_depth=3), X, REAL),
        ("xgb_softmax", xgb.XGBClassifier(**common, objective="multi:softmax"), X, THREE),
        ("lgb_binary", lgb.LGBMClassifier(**common, verbose=-1), X, TWO), ("lgb_multi", lgb.LGBMClassifier(**common, verbose=-1), X, THREE),
        ("lgb_holes", lgb.LGBMClassifier(**common, verbose=-1), HOLES, TWO),
        ("lgb_regressor", lgb.LGBMRegressor(**common, verbose=-1), X, REAL),
        ("lgb_poisson", lgb.LGBMRegressor(**common, objective="poisson", verbose=-1), X, np.exp(REAL / 3)),
        ("lgb_dart", lgb.LGBMClassifier(**common, boosting_type="dart", verbose=-1), X, TWO),
        ("lgb_forest", lgb.LGBMClassifier(**common, boosting_type="rf", subsample=0.7, subsample_freq=1, verbose=-1), X, TWO),
        ("lgb_ova", lgb.LGBMClassifier(**common, objective="multiclassova", verbose=-1), X, THREE),
        ("xgb_hinge", xgb.XGBClassifier(**common, objective="binary:hinge"), X, TWO),
        ("xgb_raw", xgb.XGBClassifier(**common, objective="binary:logitraw"), X, TWO),
        ("xgb_tweedie", xgb.XGBRegressor(**common, objective="reg:tweedie"), X, np.exp(REAL / 3)),
        ("xgb_absolute", xgb.XGBRegressor(**common, objective="reg:absoluteerror"), X, REAL),
        ("xgb_linear", xgb.XGBRegressor(booster="gblinear", n_estimators=5), X, REAL),
        ("xgb_targets", xgb.XGBRegressor(**common), X, np.stack([REAL, -REAL], 1)),
        ("xgb_multi_holes", xgb.XGBClassifier(**common), HOLES, THREE),
        ("lgb_multi_holes", lgb.LGBMClassifier(**common, verbose=-1), HOLES, THREE),
        ("lgb_zero_missing", lgb.LGBMRegressor(**common, zero_as_missing=True, verbose=-1), np.where(X < -0.8, 0, X).astype(np.float32), REAL),
        ("lgb_tweedie", lgb.LGBMRegressor(**common, objective="tweedie", verbose=-1), X, np.exp(REAL / 3)),
        ("lgb_gamma", lgb.LGBMRegressor(**common, objective="gamma", verbose=-1), X, np.exp(REAL / 3)),
        ("lgb_huber", lgb.LGBMRegressor(**common, objective="huber", verbose=-1), X, REAL),
        ("lgb_entropy", lgb.LGBMRegressor(**common, objective="cross_entropy", verbose=-1), X, TWO.astype(np.float32)),
        ("lgb_one_side", lgb.LGBMClassifier(**common, data_sample_strategy="goss", verbose=-1), X, TWO),
        ("lgb_quantile", lgb.LGBMRegressor(**common, objective="quantile", verbose=-1), X, REAL),
    ]:
        if names is None or name in names:
            yield name, model.fit(x, y), x
    if names is None:
        yield "xgb_ranker", xgb.XGBRanker(**common).fit(X, THREE, group=[20, 20, 20]), X
    ranker = lgb.LGBMRanker(**common, verbose=-1)
    yield "lgb_ranker", ranker.fit(X, THREE, group=[20, 20, 20]), X
    model = lgb.LGBMClassifier(n_estimators=5, min_child_samples=3, min_data_per_group=2, cat_smooth=1, verbose=-1)
    yield "lgb_categories", model.fit(CATEGORIES.astype(np.float32), TWO, categorical_feature=[0, 1]), CATEGORIES.astype(np.float32)


def booster_exported(name, model, example, opset=15):
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    types = [("X", FloatTensorType([None, example.shape[1]]))]
    convert = onnxmltools.convert_xgboost if name.startswith("xgb") else onnxmltools.convert_lightgbm
    options = {} if name.startswith("xgb") else {"zipmap": False}
    return convert(model, initial_types=types, target_opset=opset, **options).SerializeToString()
