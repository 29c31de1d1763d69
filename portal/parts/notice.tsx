// Something that is said in its place on the page: PatternFly's alert in its looks, without the tooltips, timers and
// toasts that its component brings along, which would be a fifth of the sign-in page.
import styles from '@patternfly/react-styles/css/components/Alert/alert';
import CheckCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/check-circle-icon';
import ExclamationCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-circle-icon';
import ExclamationTriangleIcon from '@patternfly/react-icons/dist/dynamic/icons/exclamation-triangle-icon';
import InfoCircleIcon from '@patternfly/react-icons/dist/dynamic/icons/info-circle-icon';

const variants = {
    success: { word: 'Success', icon: <CheckCircleIcon /> },
    info: { word: 'Information', icon: <InfoCircleIcon /> },
    warning: { word: 'Warning', icon: <ExclamationTriangleIcon /> },
    danger: { word: 'Problem', icon: <ExclamationCircleIcon /> },
};

export interface NoticeProps {
    variant: keyof typeof variants;
    title: string;
    /** Without a frame. */
    plain?: boolean;
    /** Read out at once. */
    urgent?: boolean;
    /** A link to what mends it; behind the title where there is nothing else. */
    action?: React.ReactNode;
    onClose?: () => void;
    children?: React.ReactNode;
}

export function Notice({ variant, title, plain = false, urgent = false, action, onClose, children }: NoticeProps) {
    const { word, icon } = variants[variant];
    const classes = ['gh-notice', styles.alert, styles.modifiers.inline, styles.modifiers[variant], plain ? styles.modifiers.plain : ''];
    return (
        <div className={classes.join(' ')} role={urgent ? 'alert' : undefined} data-notice={variant}>
            <div className={styles.alertIcon}>{icon}</div>
            <p className={styles.alertTitle}>
                <span className="pf-v6-screen-reader">{word}: </span>
                {title} {!children && action && <span className="gh-notice-action">{action}</span>}
            </p>
            {onClose !== undefined && (
                <div className={styles.alertAction}>
                    <button type="button" className="pf-v6-c-button pf-m-link pf-m-inline" onClick={onClose}>
                        Close
                    </button>
                </div>
            )}
            {children && <div className={styles.alertDescription}>{children}</div>}
            {children && action && <div className={styles.alertActionGroup}>{action}</div>}
        </div>
    );
}
